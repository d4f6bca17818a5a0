// Chance that can be repeated, for tests.
export { randomFrom } from '#infra/scale/random.ts';
