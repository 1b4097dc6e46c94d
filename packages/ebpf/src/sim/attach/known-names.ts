/**
 * What functions and tracepoints the simulated kernel has: those of its types, and those that a test has declared.
 *
 * The types of a kernel do not tell the category of a tracepoint, so that any is taken; those without system calls leave
 * all of these to be called by any name.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import type { Btf } from "../../btf/btf.ts";
import { NotFoundError } from "../../kernel/errors.ts";
import type { PerfEventRequest } from "../../kernel/perf-event.ts";
import { failed } from "../errno.ts";

const tracepointPrefix = "btf_trace_";
const recordPrefix = "trace_event_raw_";
const systemCall = /^__\w+_sys_(\w+)$/;

/** Names that can be attached to. */
export class KnownNames {
  readonly #types: () => Btf;
  readonly #functions = new Set<string>();
  /** `category/name`, and those of raw tracepoints alone. */
  readonly #tracepoints = new Set<string>();
  #anySystemCall: boolean | undefined;

  constructor(types: () => Btf) {
    this.#types = types;
  }

  addFunction(name: string): void {
    this.#functions.add(name);
  }

  /** With its category, both ways to attach to it are there; without, the raw one. */
  addTracepoint(name: string): void {
    this.#tracepoints.add(name);
    this.#tracepoints.add(name.slice(name.indexOf("/") + 1));
  }

  /** Functions of the types, and the declared ones. */
  functions(): readonly string[] {
    const typed = Array.from(this.#types().types("func"), ({ name }) => name);
    return [...new Set([...typed, ...this.#functions])];
  }

  /** Whether there is such a function; digits are an address, which may be anyone's. */
  hasFunction(name: string): boolean {
    if (/^\d+$/.test(name) || this.#functions.has(name)) return true;
    if (this.#types().findByName(name, "func") !== undefined) return true;
    return systemCall.test(name) && this.#takesAnySystemCall;
  }

  hasRawTracepoint(name: string): boolean {
    if (this.#tracepoints.has(name)) return true;
    return this.#types().findByName(`${tracepointPrefix}${name}`, "typedef") !== undefined;
  }

  hasTracepoint(category: string, name: string): boolean {
    if (this.#tracepoints.has(`${category}/${name}`)) return true;
    if (category === "syscalls") {
      const call = /^sys_(?:enter|exit)_(\w+)$/.exec(name)?.[1];
      return call !== undefined && this.hasFunction(`__x64_sys_${call}`);
    }
    if (this.#types().findByName(`${recordPrefix}${name}`, "struct") !== undefined) return true;
    return this.#types().findByName(`${tracepointPrefix}${name}`, "typedef") !== undefined;
  }

  /** What to do about a function that there is not. */
  functionHint(name: string): string {
    const names = [...this.#types().namesLike(name, "func"), ...this.#functions];
    return hint(didYouMean(name, names), `addFunction("${name}")`, `--function ${name}`);
  }

  /** What to do about a tracepoint that there is not: `category/name`, or the name of a raw one. */
  tracepointHint(event: string): string {
    const name = event.slice(event.indexOf("/") + 1);
    const typed = this.#types().namesLike(`${tracepointPrefix}${name}`, "typedef");
    const names = Array.from(typed)
      .filter((known) => known.startsWith(tracepointPrefix))
      .map((known) => known.slice(tracepointPrefix.length));
    return hint(
      didYouMean(name, [...names, ...this.#tracepoints]),
      `addTracepoint("${event}")`,
      `--tracepoint ${event}`,
    );
  }

  /** @throws {InvalidArgumentError} when there is no such function. */
  assertFunction(name: string): void {
    if (this.hasFunction(name)) return;
    throw new InvalidArgumentError(`the simulated kernel has no function "${name}"`, {
      hint: this.functionHint(name),
    });
  }

  /** @throws {NotFoundError} when a probe is for a function that there is not. */
  assertPlace(request: PerfEventRequest): void {
    if (!("place" in request) || typeof request.place === "bigint") return;
    const { place: name, kind } = request;
    if (this.hasFunction(name)) return;
    throw new NotFoundError({
      operation: `open ${kind} ${name}`,
      reason: `the kernel has no function "${name}"`,
      errno: -failed.noEntry,
      errnoName: "ENOENT",
      hint: this.functionHint(name),
    });
  }

  /** @throws {InvalidArgumentError} when there is no such tracepoint. */
  assertTracepoint(category: string, name: string): void {
    if (this.hasTracepoint(category, name)) return;
    throw new InvalidArgumentError(`there is no tracepoint "${name}" in "${category}"`, {
      hint: this.tracepointHint(`${category}/${name}`),
    });
  }

  get #takesAnySystemCall(): boolean {
    this.#anySystemCall ??= this.#types().findByName("__x64_sys_read", "func") === undefined;
    return this.#anySystemCall;
  }
}

function hint(meant: string | undefined, declaration: string, option: string): string {
  const how = `the simulated kernel has it after kernel.${declaration}, or with ${option} of "ts-ebpf run"`;
  return meant === undefined ? how : `${meant} ${how}`;
}
