/**
 * Collections: maps and programs loaded together, attached together, closed together.
 * @module
 */
import { type BpfError, ClosedError, InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { didYouMean } from "../base/text.ts";
import type { NotSupportedError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { attach, unplaced } from "../link/attach.ts";
import type { Link } from "../link/link.ts";
import type { StructOps } from "../link/struct-ops.ts";
import type { BpfMap } from "../map/bpf-map.ts";
import type { Program } from "../program/program.ts";

/** What a collection is made of; it owns all of it. */
export interface CollectionHold {
  readonly kernel: Kernel;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, Program>;
  readonly structOps: ReadonlyMap<string, StructOps>;
  /** What was not made since the kernel lacks something for it, by its key. */
  readonly leftOut?: ReadonlyMap<string, NotSupportedError> | undefined;
  /** Closes maps and programs. */
  readonly resources: DisposableStack;
}

/** Loaded maps and programs. Closing it detaches, closes and unloads everything that nothing else holds. */
export class Collection implements Disposable, AsyncDisposable {
  readonly kernel: Kernel;
  /** By their keys in the spec. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, Program>;
  /** Structs of functions, which attaching registers. */
  readonly structOps: ReadonlyMap<string, StructOps>;
  readonly #resources: DisposableStack;
  readonly #links = new Map<string, Link>();
  readonly #mapsByName: ReadonlyMap<string, BpfMap>;
  readonly #leftOut: ReadonlyMap<string, NotSupportedError>;

  constructor({ leftOut, kernel, maps, programs, structOps, resources }: CollectionHold) {
    this.kernel = kernel;
    this.maps = maps;
    this.programs = programs;
    this.structOps = structOps;
    this.#mapsByName = new Map([...maps.values()].map((map) => [map.name, map]));
    this.#leftOut = leftOut ?? new Map();
    this.#resources = resources;
  }

  /** The attachments made so far, by the keys of their programs. */
  get links(): ReadonlyMap<string, Link> {
    return this.#links;
  }

  /**
   * The programs that do not say where they attach, by their keys, and what to do about each. `attach()` leaves them out:
   * others go on with them, somebody runs them, or they are attached by hand (`attachXdp` and the like).
   */
  get unplaced(): ReadonlyMap<string, string> {
    const reasons = new Map<string, string>();
    for (const [name, program] of this.programs) {
      const reason = unplaced(program);
      if (reason !== undefined) reasons.set(name, told(reason));
    }
    return reasons;
  }

  /**
   * What of an object file is not there, and what this kernel lacks for it, by the names in C: structs of functions that it does
   * not have, and in which no program is. Asking for one, or attaching it, throws {@link NotSupportedError}.
   */
  get leftOut(): ReadonlyMap<string, string> {
    return new Map([...this.#leftOut].map(([name, error]) => [name, told(error)]));
  }

  get closed(): boolean {
    return this.#resources.disposed;
  }

  /**
   * Attaches the named programs, or all that say where ({@link Collection.unplaced} are the others), and registers structs of
   * functions; the collection owns the links. When one of them cannot be attached, none is.
   * @throws {InvalidArgumentError} for an unknown name, a program that is attached already, and when there is nothing to
   * attach: none of the programs says where.
   * @throws {NotSupportedError} for what is {@link Collection.leftOut}.
   */
  attach(...names: readonly string[]): void {
    if (this.closed) throw new ClosedError("the collection");
    using attached = new DisposableStack();
    const links = new Map<string, Link>();
    for (const name of names.length > 0 ? names : this.#placed()) {
      links.set(name, attached.use(this.#attachOne(name)));
    }
    attached.move();
    for (const [name, link] of links) this.#links.set(name, link);
  }

  /**
   * Detaches the named programs, or everything; maps and programs stay.
   * @throws {InvalidArgumentError} for a name that is not attached.
   */
  detach(...names: readonly string[]): void {
    for (const name of names.length > 0 ? names : [...this.#links.keys()]) this.#detachOne(name);
  }

  close(): void {
    this.detach();
    this.#resources.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** @throws {InvalidArgumentError} when there are none: whoever attaches waits for something. */
  #placed(): string[] {
    const reasons = this.unplaced;
    const programs = [...this.programs.keys()].filter((name) => !reasons.has(name));
    const placed = [...programs, ...this.structOps.keys()];
    if (placed.length > 0) return placed;
    const [lack] = this.#leftOut.values();
    if (reasons.size === 0) {
      throw lack ?? new InvalidArgumentError("the collection has no programs");
    }
    throw new InvalidArgumentError("no program of the collection says where it attaches", {
      hint: [...reasons.values()].slice(0, 3).join("\n        "),
    });
  }

  #detachOne(name: string): void {
    assertName(name);
    const link = this.#links.get(name);
    if (link === undefined) {
      const hint = didYouMean(name, this.#links.keys());
      const options = hint === undefined ? {} : { hint };
      throw new InvalidArgumentError(`nothing called "${name}" is attached`, options);
    }
    link.close();
    this.#links.delete(name);
  }

  #attachOne(name: string): Link {
    assertName(name);
    this.#assertNotAttached(name);
    const structOps = this.structOps.get(name);
    return structOps?.register() ?? attach(this.#programCalled(name), this.#mapsByName);
  }

  #programCalled(name: string): Program {
    const program = this.programs.get(name);
    if (program !== undefined) return program;
    const lack = this.#leftOut.get(name);
    if (lack !== undefined) throw lack;
    const hint = didYouMean(name, [...this.programs.keys(), ...this.structOps.keys()]);
    throw new InvalidArgumentError(
      `the collection has no program "${name}"`,
      hint === undefined ? {} : { hint },
    );
  }

  #assertNotAttached(name: string): void {
    if (!this.#links.has(name)) return;
    throw new InvalidArgumentError(`program "${name}" is attached already`, {
      hint: "call attach once, or detach first",
    });
  }
}

function told({ message, hint }: BpfError): string {
  return hint === undefined ? message : `${message}: ${hint}`;
}

function assertName(name: unknown): void {
  if (typeof name === "string") return;
  throw new InvalidArgumentError(`programs are named by text, and this is ${kindOf(name)}`, {
    hint: 'where one attaches is said where it is made: xdp(…, { interface: "eth0" }); or with attachXdp and the like',
  });
}
