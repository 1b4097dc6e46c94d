/**
 * One stage of a pipeline: what it does with an event, what it counts, what it does about errors.
 * @module
 */

/** What happens to an event on which a stage fails: the error ends the reading, or the event is left out. */
export type ErrorPolicy = "stop" | "skip";

/** An event that was left out. */
export interface SkippedEvent {
  /** Name of the stage. */
  readonly stage: string;
  readonly error: unknown;
  /** What the stage was given; `undefined` where the source itself failed. */
  readonly event: unknown;
}

/** Options of a stage. */
export interface StageOptions {
  /** Name in statistics; what the stage does (`filter`, `map`…) when left out. */
  readonly name?: string | undefined;
  /** The pipeline's policy when left out. */
  readonly onError?: ErrorPolicy | undefined;
}

/** Counts of a stage, over all readings. What went in and neither came out nor failed was filtered. */
export interface StageStatistics {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly errors: number;
}

/** What a stage returns for an event that goes no further. */
export const dropped: unique symbol = Symbol("dropped");

/** What a stage makes of an event, at once or later. */
export type Transform = (event: never) => unknown;

/** How a stage is set up. */
export interface StageSetup {
  readonly name: string;
  readonly onError: ErrorPolicy;
  readonly onSkipped: ((skipped: SkippedEvent) => void) | undefined;
}

/** A stage, with its counts. */
export class Stage {
  readonly #setup: StageSetup;
  readonly #transform: Transform;
  #in = 0;
  #out = 0;
  #errors = 0;

  constructor(setup: StageSetup, transform: Transform) {
    this.#setup = setup;
    this.#transform = transform;
  }

  get statistics(): StageStatistics {
    return { name: this.#setup.name, in: this.#in, out: this.#out, errors: this.#errors };
  }

  /** What becomes of `event`, or {@link dropped}; a promise of that where the stage takes its time. */
  apply(event: unknown): unknown {
    this.#in += 1;
    try {
      const result = this.#transform(event as never);
      if (!(result instanceof Promise)) return this.#passed(result);
      return result.then(
        (settled) => this.#passed(settled),
        (error: unknown) => this.#failed(error, event),
      );
    } catch (error) {
      return this.#failed(error, event);
    }
  }

  /** Counts an event that could not even be read, and is left out. */
  unreadable(error: unknown): void {
    this.#in += 1;
    this.#failed(error, undefined);
  }

  /** Counts an event that goes on. */
  #passed<Event>(event: Event): Event {
    if (event !== dropped) this.#out += 1;
    return event;
  }

  /**
   * Counts a failure.
   * @throws the error, unless such events are left out.
   */
  #failed(error: unknown, event: unknown): typeof dropped {
    this.#errors += 1;
    const { name, onError, onSkipped } = this.#setup;
    if (onError === "stop") throw error;
    onSkipped?.({ stage: name, error, event });
    return dropped;
  }
}

/** What becomes of `event` after all `stages` from the one at `from` on. Nothing is awaited that is no promise. */
export function applyAll(stages: readonly Stage[], event: unknown, from = 0): unknown {
  let current = event;
  for (let index = from; index < stages.length; index++) {
    current = stages[index]!.apply(current);
    if (current === dropped) return dropped;
    if (current instanceof Promise) {
      return current.then((settled) =>
        settled === dropped ? dropped : applyAll(stages, settled, index + 1),
      );
    }
  }
  return current;
}
