// Sessions that both sides of a run can name by a number.
import { createHash } from 'node:crypto';

export const benchSecret = (number: number): string =>
  createHash('sha256').update(`bench ${number}`).digest('base64url');
