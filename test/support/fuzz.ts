// What `npm run fuzz` says to the tests, and what they report to it.

/** Holds a `Fuzz` as JSON. */
export const fuzzVariable = 'BFF_FUZZ';

export interface Fuzz {
  seed: number;
  /** For all properties of a file together. */
  seconds: number;
  /** The file that gets a line of JSON, an `Examined`, for each property. */
  report: string;
}

export interface Examined {
  file: string;
  property: string;
  inputs: number;
  /** What was found wrong, with the smallest input that shows it. */
  violation?: string;
}

export function fuzzing(): Fuzz | undefined {
  const given = process.env[fuzzVariable];
  return given === undefined ? undefined : (JSON.parse(given) as Fuzz);
}
