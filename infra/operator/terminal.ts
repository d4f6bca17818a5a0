// What a run of the command says to people, and how it hears from them.

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Progress may be written over itself. */
  interactive: boolean;
  /** Somebody is there to answer. */
  ask?: ((question: string) => Promise<string>) | undefined;
  /** Which of the two streams shows colour. */
  colours?: { out: boolean; err: boolean };
  /** How this program is called, for the lines to paste. */
  program: string;
  now(): number;
  wait(ms: number): Promise<void>;
}
