// What the fields of an event may hold (events.ts), and which metrics they yield.
import type { Plain } from './lib/plain.ts';

declare const holds: unique symbol;

export interface Field<T = unknown> {
  /** For people. */
  readonly shape: string;
  readonly [holds]?: T;
}
/** A metric of its own, `event.field`. */
export interface Measured {
  readonly unit: 'Count' | 'Milliseconds';
}
/** A metric by hundreds: `event.4xx`. */
export interface ByHundreds {
  readonly byHundreds: true;
}
/** The event's metrics are counted by this field, too, and only by it. */
export interface Dimension {
  readonly dimension: true;
}
export interface Optional {
  readonly optional: true;
}

const field = <T>(shape: string): Field<T> => ({ shape });

export const text = field<Plain>('text');
export const count = field<number>('number');
export const ms = field<number>('ms');
export const flag = field<boolean>('true or false');
export const status: Field<number> & ByHundreds = { shape: 'HTTP status', byHundreds: true };
/** Stack frames of our own code. */
export const frames = field<readonly string[]>('frames');

export const oneOf = <const T extends string>(...values: readonly T[]): Field<T> =>
  field(values.join(', '));

export const optional = <F extends Field>(one: F): F & Optional => ({ ...one, optional: true });

export const measured = <F extends Field<number> | Field<boolean>>(one: F): F & Measured => ({
  ...one,
  unit: one.shape === ms.shape ? 'Milliseconds' : 'Count',
});

export const dimension = <F extends Field>(one: F): F & Dimension => ({ ...one, dimension: true });

export interface EventKind {
  /** `by code`: warn for what clients cause, error for the rest. */
  readonly level: 'info' | 'warn' | 'by code';
  readonly fields: Readonly<Record<string, Field>>;
  /** Counted under this name and the value of `code`, not under the event's own name. */
  readonly countedAs?: string;
  /** The field that is summed up under the event's name. Without it, the events are counted. */
  readonly sumOf?: string;
}

type Values<F> = keyof F extends never
  ? None
  : { -readonly [K in keyof F as F[K] extends Optional ? never : K]: ValueOf<F[K]> } & {
      -readonly [K in keyof F as F[K] extends Optional ? K : never]?: ValueOf<F[K]>;
    };

/** An empty object: `{}` would let any field in. */
export type None = Record<string, never>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The fields of an event, as a log call gives them. */
export type FieldsOf<E extends EventKind> = Values<E['fields']>;

/** The names of the metrics that an event yields. */
export type MetricOf<Name extends string, E extends EventKind> =
  | (E extends { countedAs: infer As extends string }
      ? `${As}.${ValueOf<E['fields']['code']> & string}`
      : Name)
  | {
      [K in keyof E['fields'] & string]: E['fields'][K] extends Measured
        ? `${Name}.${K}`
        : E['fields'][K] extends ByHundreds
          ? `${Name}.${2 | 3 | 4 | 5}xx`
          : never;
    }[keyof E['fields'] & string];
