import type { Page } from '../app.ts';
import { apps } from './apps.ts';
import { home } from './home.ts';
import { profile } from './profile.ts';
import { stepUp } from './step-up.ts';
import { users } from './users.ts';

export const pages: Page[] = [home, profile, users, apps, stepUp];
