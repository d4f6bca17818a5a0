// How a run of the command talks to people.

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Progress may overwrite itself. */
  interactive: boolean;
  /** Somebody can answer. */
  ask?: ((question: string) => Promise<string>) | undefined;
  /** All of standard input. */
  read?: (() => Promise<string>) | undefined;
  /** Which of the two streams shows colour. */
  colours?: { out: boolean; err: boolean };
  /** The name of this program, for the lines to paste. */
  program: string;
  now(): number;
  wait(ms: number): Promise<void>;
}
