/**
 * Entries of a conversation, one after the other.
 *
 * While one is evaluated, Ctrl-C is a signal that ends it: the terminal is told so, since nobody reads keys while JavaScript
 * runs. Keys that come meanwhile are kept and read afterwards, so that a text can be pasted whose entries wait.
 * @module
 */
import type { Key } from "node:readline";
import { Recoverable, type REPLServer } from "node:repl";
import { evaluate } from "./evaluate.ts";
import { type Capture, UnfinishedError } from "./prepare.ts";

/** Takes the value of an entry, or asks for more of it. */
type Done = (error: Error | null, value: unknown) => void;

/** What Node's REPL takes keys by, and lets others replace. */
interface TakesKeys {
  [takeKey](text: string, key: Key): void;
}

const takeKey = "_ttyWrite";

/** Evaluates what is typed. */
export class Entries {
  readonly #server: REPLServer;
  readonly #capture: Capture;
  readonly #fail: (error: unknown) => void;
  readonly #keys: (readonly [string, Key])[] = [];
  readonly #takeKey: (text: string, key: Key) => void;
  /** How many things are being done that keys wait for. */
  #pending = 0;

  /** Errors are told by `fail`; for the REPL, their entries have no value. */
  constructor(server: REPLServer, capture: Capture, fail: (error: unknown) => void) {
    this.#server = server;
    this.#capture = capture;
    this.#fail = fail;
    const keys = server as unknown as TakesKeys;
    this.#takeKey = keys[takeKey].bind(server);
    keys[takeKey] = (text, key) => this.#onKey(text, key);
  }

  /** Evaluates what was typed. */
  evaluate(code: string, done: Done): void {
    // Lines of an entry come with carriage returns between them.
    const text = code.replaceAll(/\r\n?/g, "\n");
    const onError = (error: unknown): void => {
      if (error instanceof UnfinishedError) return done(new Recoverable(error), undefined);
      this.#fail(error);
      return done(null, undefined);
    };
    this.#run(text, (value) => done(null, value), onError);
  }

  /** Keeps keys until `work` is done: what is pasted behind a command waits for it. */
  async hold(work: () => Promise<void>): Promise<void> {
    this.#pending += 1;
    try {
      await work();
    } finally {
      this.#pending -= 1;
      this.#takeKept();
    }
  }

  /** The value of a text. */
  valueOf(text: string): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#run(text, resolve, reject);
    return promise;
  }

  /** Calls one of the two at once where the text does not wait, so that the next key finds it done. */
  #run(text: string, onValue: (value: unknown) => void, onError: (error: unknown) => void): void {
    const controller = new AbortController();
    const { signal } = controller;
    const end = this.#begin(() => controller.abort());
    const fail = (error: unknown): void => end(() => onError(error));
    try {
      const found = evaluate(text, { capture: this.#capture, signal });
      if (found instanceof Promise) found.then(({ value }) => end(() => onValue(value)), fail);
      else end(() => onValue(found.value));
    } catch (error) {
      fail(error);
    }
  }

  /** Makes Ctrl-C call `abort`; what it returns ends that, tells the outcome, and reads the keys that were kept. */
  #begin(abort: () => void): (tell: () => void) => void {
    const input = this.#server.input as NodeJS.ReadStream;
    const wasRaw = input.isRaw;
    process.on("SIGINT", abort);
    if (wasRaw) input.setRawMode(false);
    this.#pending += 1;
    return (tell) => {
      if (wasRaw && !input.destroyed) input.setRawMode(true);
      process.off("SIGINT", abort);
      this.#pending -= 1;
      tell();
      this.#takeKept();
    };
  }

  #takeKept(): void {
    while (this.#pending === 0 && this.#keys.length > 0) this.#takeKey(...this.#keys.shift()!);
  }

  #onKey(text: string, key: Key): void {
    if (this.#pending > 0) this.#keys.push([text, key]);
    else this.#takeKey(text, key);
  }
}
