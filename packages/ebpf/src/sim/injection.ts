/**
 * Failures on purpose: which operations of the simulated kernel fail, how, how often, with which probability.
 *
 * The random numbers come from a seed, so that a run can be had again.
 * @module
 */
import { assertWhole, assertWord } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { assertMembers } from "../base/given.ts";
import { didYouMean } from "../base/text.ts";
import { errno, type ErrnoName } from "../kernel/errno.ts";
import type { Command } from "../kernel/commands.ts";
import { commandSince } from "../kernel/since.ts";

/** Events that are lost on purpose: as if the buffer were full. */
export interface EventLoss extends HowOften {
  readonly lose: "ringbuf" | "perf";
}

/** How often something is made to happen. */
interface HowOften {
  /** How many times; always when left out. */
  readonly times?: number;
  /** How many times nothing happens before; 0 when left out. */
  readonly after?: number;
  /** From 0 to 1; 1 when left out. */
  readonly probability?: number;
}

/** Calls that fail on purpose, or take time. */
export interface Injection extends HowOften {
  readonly command: Command;
  /** What the call fails with; left out, it only takes its time. */
  readonly error?: ErrnoName;
  /** Nanoseconds that pass on the virtual clock before the call; timers run meanwhile. */
  readonly latencyNs?: number | bigint;
}

/** What happens to a call: 0 or the negated errno that it fails with, and how long it takes. */
export interface Fate {
  readonly error: number;
  readonly latencyNs: bigint;
}

const usual: Fate = { error: 0, latencyNs: 0n };

/** What is made to happen, and how often it still does. */
interface Active<Of extends HowOften> {
  readonly of: Of;
  left: number;
  wait: number;
}

/** Decides which calls fail, and which events are lost. */
export class Injections {
  readonly #failures = new Set<Active<Injection>>();
  readonly #losses = new Set<Active<EventLoss>>();
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /**
   * Adds one; disposing ends it.
   * @throws {InvalidArgumentError} as {@link assertInjection} does.
   */
  add(of: Injection | EventLoss): Disposable {
    assertInjection(of, "what is injected");
    const { times = Infinity, after = 0 } = of;
    if ("lose" in of) return held(this.#losses, { of, left: times, wait: after });
    return held(this.#failures, { of, left: times, wait: after });
  }

  /** What happens to this call. */
  next(command: Command): Fate {
    if (this.#failures.size === 0) return usual;
    for (const active of this.#failures) {
      if (active.of.command !== command || !this.#applies(active)) continue;
      const { error, latencyNs = 0 } = active.of;
      return { error: error === undefined ? 0 : -errno[error], latencyNs: BigInt(latencyNs) };
    }
    return usual;
  }

  /** Whether this event is lost. */
  loses(buffer: EventLoss["lose"]): boolean {
    for (const active of this.#losses)
      if (active.of.lose === buffer && this.#applies(active)) return true;
    return false;
  }

  /** A number from 0 up to 1, the next of the seed's row (xorshift). */
  random(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 2 ** 32;
  }

  /** Whether it happens this time, which counts. */
  #applies(active: Active<HowOften>): boolean {
    if (active.left <= 0) return false;
    if (active.wait > 0) {
      active.wait -= 1;
      return false;
    }
    if (this.random() >= (active.of.probability ?? 1)) return false;
    active.left -= 1;
    return true;
  }
}

function held<T>(all: Set<T>, one: T): Disposable {
  all.add(one);
  return { [Symbol.dispose]: () => void all.delete(one) };
}

const howOften = ["times", "after", "probability"] as const;

/**
 * Checks what shall be injected; `what` begins the message.
 * @throws {InvalidArgumentError} when there is no such command, buffer or error, or a number is none that can be meant.
 */
export function assertInjection(of: unknown, what: string): asserts of is Injection | EventLoss {
  const isLoss = typeof of === "object" && of !== null && "lose" in of;
  const own = isLoss ? ["lose"] : ["command", "error", "latencyNs"];
  assertMembers(of as object, [...own, ...howOften], what);
  const given = of as Partial<Injection & EventLoss>;
  assertHowOften(given, what);
  if (isLoss) assertWord(given.lose, ["ringbuf", "perf"], `"lose" of ${what}`);
  else {
    assertWord(given.command, Object.keys(commandSince), `"command" of ${what}`);
    if (typeof given.latencyNs !== "bigint")
      assertWhole(given.latencyNs ?? 0, `"latencyNs" of ${what}`);
    assertError(given.error);
  }
}

function assertHowOften({ times, after, probability = 1 }: HowOften, what: string): void {
  if (times !== undefined && times !== Infinity) assertWhole(times, `"times" of ${what}`);
  if (after !== undefined) assertWhole(after, `"after" of ${what}`);
  if (probability >= 0 && probability <= 1) return;
  throw new InvalidArgumentError(`"probability" of ${what} is ${String(probability)}`, {
    hint: "it goes from 0 to 1",
  });
}

/** @throws {InvalidArgumentError} when there is no such error. */
function assertError(error: ErrnoName | undefined): void {
  if (error === undefined || Object.hasOwn(errno, error)) return;
  const hint =
    didYouMean(error, Object.keys(errno)) ?? "names are those of errno(3), such as ENOMEM";
  throw new InvalidArgumentError(`no error is called "${error as string}"`, { hint });
}
