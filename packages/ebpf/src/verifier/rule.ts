/**
 * What a rule of the table of known rejections is.
 *
 * Rules are data: a pattern over one message of the kernel, what that means, and what to do in each language. A
 * `{name}` in a text stands for the group of the pattern with this name, or for one of the words that `explain` adds; it
 * is how a text names a register.
 * @module
 */

/** A known rejection. */
export interface Rule {
  /** Stable identifier, part of the API. */
  readonly id: string;
  /** Found in one message. Groups have names; `register` is one, as `R3`. */
  readonly pattern: RegExp;
  /** What must hold beside it, if anything. */
  readonly when?: (facts: RuleFacts) => boolean;
  /** What the kernel means, in plain words. */
  readonly cause: string;
  /** What to change in a program of TypeScript. */
  readonly typescript: string;
  /** What to change in a program of C; what is said of instructions when left out. */
  readonly c?: string;
  /** What to change in a program of instructions. */
  readonly assembler: string;
}

/** What a rule can ask about. */
export interface RuleFacts {
  /** Groups of the pattern. */
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** What the log showed last in `register`: `pkt`, `ringbuf_mem`…; `undefined` when it showed nothing. */
  readonly held: string | undefined;
  /** The refused instruction in the kernel's notation, where it is known. */
  readonly instruction: string | undefined;
}
