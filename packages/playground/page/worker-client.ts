/**
 * The page's end of the worker: asks, and waits for the answer for so long.
 *
 * A worker that does not answer in time is ended and another one started, which knows nothing of what was loaded; whoever
 * asked is told by {@link WorkerStuckError}.
 * @module
 */
import type { Reply, Request } from "./protocol.ts";

/** The text, or a program in it, ran for too long. */
export class WorkerStuckError extends Error {
  override readonly name = "WorkerStuckError";
}

/** Longest that an answer may take. */
const patienceMs = 10_000;

type ReplyOf<R extends Request> = R extends { kind: "compile" }
  ? Extract<Reply, { kind: "compiled" | "refused" }>
  : R extends { kind: "run" }
    ? Extract<Reply, { kind: "ran" }>
    : Extract<Reply, { kind: "step" }>;

/** Answers of one worker after the other. */
export class WorkerClient {
  readonly #url: string;
  #worker: Worker;
  #asked = 0;

  constructor(url: string) {
    this.#url = url;
    this.#worker = this.#start();
  }

  /** @throws {WorkerStuckError} when there is no answer in time. */
  ask<R extends Request>(request: R): Promise<ReplyOf<R>> {
    const id = (this.#asked += 1);
    const { promise, resolve, reject } = Promise.withResolvers<ReplyOf<R>>();
    const worker = this.#worker;
    const listen = (event: MessageEvent<{ readonly id: number; readonly reply: ReplyOf<R> }>) => {
      if (event.data.id === id) resolve(event.data.reply);
    };
    worker.addEventListener("message", listen);
    const timer = setTimeout(() => {
      worker.terminate();
      this.#worker = this.#start();
      reject(new WorkerStuckError(`nothing came back for ${patienceMs / 1000} seconds`));
    }, patienceMs);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage({ id, request });
    return promise.finally(() => {
      clearTimeout(timer);
      worker.removeEventListener("message", listen);
    });
  }

  #start(): Worker {
    return new Worker(this.#url, { type: "module" });
  }
}
