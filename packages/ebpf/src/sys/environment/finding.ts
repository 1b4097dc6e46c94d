/**
 * What a check of the environment finds.
 * @module
 */
import type { Files } from "../machine/files.ts";

/** One thing that eBPF depends on, and how it is here. */
export interface Finding {
  /** Stable name for programs: `bpffs`. */
  readonly id: string;
  /** Name for people: `bpffs mount`. */
  readonly title: string;
  /** `limited`: some things will not work; `missing`: nothing that needs it will. */
  readonly status: "ok" | "limited" | "missing";
  /** What was found. */
  readonly detail: string;
  /** What to do, where something can be done: a command, or a sentence. */
  readonly mend?: string;
}

/** What a check says, without what it is called. */
export type Verdict = Omit<Finding, "id" | "title">;

/** What is looked at: the machine itself, or one that a test made up. */
export interface Surroundings {
  readonly files: Files;
  /** As `uname -r` and `uname -m` print them. */
  readonly release: string;
  readonly machine: string;
  /** Loads the native bridge. @throws when it cannot. */
  readonly loadBridge: () => unknown;
}

/** A check. It never throws. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly run: (surroundings: Surroundings) => Verdict;
}
