/**
 * What the page and its worker tell each other: plain data, so that it can be posted.
 * @module
 */

/** What the page asks. The worker answers each with a {@link Reply}. */
export type Request =
  | { readonly kind: "compile"; readonly text: string }
  | ({ readonly kind: "run" } & RunRequest)
  | ({ readonly kind: "move" } & MoveRequest);

/** A program to run once. */
export interface RunRequest {
  /** Its name among the exports. */
  readonly program: string;
  /** The packet, context or arguments, as text: an expression of JavaScript, or bytes in hexadecimal. */
  readonly input: string;
}

/** Ways to go through what a run did. */
export type Move =
  | "restart"
  | "end"
  | "line"
  | "into"
  | "out"
  | "instruction"
  | "back"
  | "back-line"
  | "resume";

/** A move, and where `resume` stops. */
export interface MoveRequest {
  readonly move: Move;
  /** Lines with a breakpoint. */
  readonly lines: readonly number[];
  /** Registers, maps and `stack`: stops where one changes. */
  readonly watch: readonly string[];
}

/** What the worker answers. */
export type Reply = Compiled | Refused | RunReport | StepView;

/** A text that was compiled and loaded. */
export interface Compiled {
  readonly kind: "compiled";
  readonly programs: readonly ProgramView[];
  readonly state: KernelState;
}

/** A text with mistakes. */
export interface Refused {
  readonly kind: "refused";
  readonly problems: readonly Problem[];
}

/** Something that is wrong, and where. */
export interface Problem {
  /** From 1 up; undefined where nobody knows the place. */
  readonly line: number | undefined;
  /** From 1 up. */
  readonly column: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What a program is run on: a packet, fields of its context, arguments of what it hangs on, or its context as bytes. */
export type InputKind = "packet" | "fields" | "arguments" | "bytes";

/** A loaded program. */
export interface ProgramView {
  readonly name: string;
  readonly type: string;
  readonly input: InputKind;
  readonly instructions: readonly InstructionView[];
}

/** An instruction. */
export interface InstructionView {
  readonly slot: number;
  readonly text: string;
  /** Its line in the editor. */
  readonly line: number | undefined;
}

/** What one run did. */
export interface RunReport {
  readonly kind: "ran";
  /** What it returned, with its name where it has one: `2 XDP_PASS`. */
  readonly verdict: string | undefined;
  /** Why it did not end well. */
  readonly problem: Problem | undefined;
  /** The packet afterwards, in hexadecimal. */
  readonly packet: string | undefined;
  /** Instructions executed. */
  readonly executed: number;
  readonly state: KernelState;
  readonly step: StepView;
}

/** What is in the kernel. */
export interface KernelState {
  readonly maps: readonly MapView[];
  /** Events of all rings since the text was compiled, the newest last. */
  readonly events: readonly EventView[];
  /** What programs printed. */
  readonly printed: readonly string[];
}

/** What is in a map. */
export interface MapView {
  readonly name: string;
  readonly type: string;
  readonly rows: readonly { readonly key: string; readonly value: string }[];
}

/** An event. */
export interface EventView {
  readonly ring: string;
  readonly text: string;
}

/** A place in what a run did. */
export interface StepView {
  readonly kind: "step";
  readonly position: number;
  /** Steps that were kept. */
  readonly total: number;
  /** The instruction that comes next; undefined at the end. */
  readonly slot: number | undefined;
  readonly line: number | undefined;
  readonly depth: number;
  readonly registers: readonly RegisterView[];
  /** Words of the stack that are not zero, the highest address first. */
  readonly stack: readonly { readonly place: string; readonly bytes: string }[];
  readonly maps: readonly MapView[];
}

/** A register. */
export interface RegisterView {
  readonly name: string;
  readonly value: string;
  /** Whether the last instruction changed it. */
  readonly changed: boolean;
}
