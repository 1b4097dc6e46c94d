/**
 * Moving places to the stack.
 *
 * A place that found no register is stored where it is written. Behind that it stays in a register until a call, since
 * between calls there are registers enough, and the next use behind a call loads it again; so the verifier sees one
 * register where a value is checked and where it is used. When even that finds no register, each use gets a place that
 * lives for one instruction. What is cheap to compute again (a constant, an address of the stack or of a map) is
 * computed again instead.
 * @module
 */
import type { StackSlot } from "../ir/operation.ts";
import { findAvailable, follow } from "./available.ts";
import {
  visitOperation,
  visitTerminator,
  type MachineBlock,
  type MachineFunction,
  type MachineOperation,
  type Place,
  type PlaceVisitor,
} from "./machine.ts";

/** Where a spilled place lives: in a slot of the stack, or nowhere, since one instruction makes it anew. */
type Home =
  | { readonly kind: "slot"; readonly slot: StackSlot }
  | { readonly kind: "again"; readonly definition: Recomputable };

type Recomputable = Extract<
  MachineOperation,
  { kind: "wide" | "slot-address" | "core-constant" | "move" }
>;

/** Spills places of one function, round by round. */
export class Spiller {
  /** Places that must find a register: they live for one instruction. */
  readonly unspillable: Set<Place> = new Set();
  readonly #fn: MachineFunction;
  readonly #homes = new Map<Place, Home>();
  /** Places that are in a register from where they are written until a call. */
  readonly #split = new Set<Place>();

  constructor(fn: MachineFunction) {
    this.#fn = fn;
  }

  /** Rewrites the function so that `places` need no register for long. */
  spill(places: readonly Place[]): void {
    for (const place of places) this.#settle(place);
    const homes = new Map(places.map((place) => [place, this.#homes.get(place)!]));
    const split = new Set(places.filter((place) => this.#split.has(place)));
    const starts = findAvailable(this.#fn, split);
    for (const block of this.#fn.blocks) {
      const available = new Set(starts.get(block));
      new BlockSpiller({ homes, split, available, fresh: () => this.#fresh() }).run(block);
    }
  }

  /** Finds a home for a place; one that has its slot already is not tried to be kept a second time. */
  #settle(place: Place): void {
    if (this.#homes.has(place)) {
      this.#split.delete(place);
      return;
    }
    const home = findHome(this.#fn, place);
    this.#homes.set(place, home);
    if (home.kind === "slot") this.#split.add(place);
  }

  #fresh(): Place {
    const place = this.#fn.nextVirtual++;
    this.unspillable.add(place);
    return place;
  }
}

function findHome(fn: MachineFunction, place: Place): Home {
  const definitions = definitionsOf(fn, place);
  const [only] = definitions;
  if (definitions.length === 1 && only !== undefined && isRecomputable(only)) {
    return { kind: "again", definition: only };
  }
  const id = fn.slots.length + fn.spills.length;
  const slot = { id, name: "spilled", size: 8, alignment: 8 };
  fn.spills.push(slot);
  return { kind: "slot", slot };
}

function definitionsOf(fn: MachineFunction, place: Place): MachineOperation[] {
  const found: MachineOperation[] = [];
  for (const { operations } of fn.blocks) {
    for (const operation of operations) {
      const note = (written: Place): Place => {
        if (written === place) found.push(operation);
        return written;
      };
      visitOperation(operation, { read: (read) => read, write: note, modify: note });
    }
  }
  return found;
}

function isRecomputable(operation: MachineOperation): operation is Recomputable {
  if (operation.kind === "move") return typeof operation.src === "bigint";
  return ["wide", "slot-address", "core-constant"].includes(operation.kind);
}

interface BlockState {
  readonly homes: ReadonlyMap<Place, Home>;
  readonly split: ReadonlySet<Place>;
  /** Split places that are in their registers. */
  readonly available: Set<Place>;
  /** A new place for one use. */
  readonly fresh: () => Place;
}

/** Rewrites one block. */
class BlockSpiller {
  readonly #state: BlockState;
  /** Places for one use, in the operation at hand. */
  readonly #locals = new Map<Place, Place>();
  #before: MachineOperation[] = [];
  #after: MachineOperation[] = [];
  #dropped = false;
  #source: MachineOperation["source"];

  constructor(state: BlockState) {
    this.#state = state;
  }

  run(block: MachineBlock): void {
    const operations = block.operations.splice(0);
    const visitor: PlaceVisitor = {
      read: (place) => this.#read(place),
      write: (place) => this.#write(place),
      modify: (place) => this.#modify(place),
    };
    for (const operation of operations) {
      if (this.#isOwn(operation)) continue;
      this.#begin(operation.source);
      visitOperation(operation, visitor);
      block.operations.push(...this.#before, ...(this.#dropped ? [] : [operation]), ...this.#after);
      follow(operation, this.#state.split, this.#state.available);
    }
    this.#begin(block.terminator.source);
    visitTerminator(block.terminator, visitor);
    block.operations.push(...this.#before);
  }

  #begin(source: MachineOperation["source"]): void {
    this.#locals.clear();
    [this.#before, this.#after, this.#dropped, this.#source] = [[], [], false, source];
  }

  /** Whether an operation is one that an earlier round made for a place that is now to be loaded at each use. */
  #isOwn(operation: MachineOperation): boolean {
    if (operation.kind !== "load" && operation.kind !== "store") return false;
    const place = operation.kind === "load" ? operation.dst : operation.src;
    const home = typeof place === "bigint" ? undefined : this.#state.homes.get(place);
    return home?.kind === "slot" && home.slot === operation.base;
  }

  #read(place: Place): Place {
    const home = this.#state.homes.get(place);
    if (home === undefined) return place;
    if (!this.#state.split.has(place)) return this.#bring(place, home);
    this.#loadInto(place, home);
    return place;
  }

  #write(place: Place): Place {
    const home = this.#state.homes.get(place);
    if (home === undefined) return place;
    if (home.kind === "again") this.#dropped = true;
    const local = this.#state.split.has(place) ? place : this.#local(place);
    if (home.kind === "slot") this.#after.push(this.#store(home.slot, local));
    return local;
  }

  #modify(place: Place): Place {
    const home = this.#state.homes.get(place);
    if (home === undefined) return place;
    if (!this.#state.split.has(place)) this.#bring(place, home);
    else this.#loadInto(place, home);
    return this.#write(place);
  }

  /** Loads a place into its register, unless it is there. */
  #loadInto(place: Place, home: Home): void {
    const { available } = this.#state;
    if (!available.has(place)) this.#before.push(this.#load(home, place));
    available.add(place);
  }

  /** The place for one use, with the value in it. */
  #bring(place: Place, home: Home): Place {
    const isThere = this.#locals.has(place);
    const local = this.#local(place);
    if (!isThere) this.#before.push(this.#load(home, local));
    return local;
  }

  #local(place: Place): Place {
    const local = this.#locals.get(place) ?? this.#state.fresh();
    this.#locals.set(place, local);
    return local;
  }

  #load(home: Home, dst: Place): MachineOperation {
    const source = this.#source;
    if (home.kind === "again") return { ...home.definition, dst, source };
    return { kind: "load", dst, base: home.slot, offset: 0, bytes: 8, signed: false, source };
  }

  #store(slot: StackSlot, src: Place): MachineOperation {
    return { kind: "store", base: slot, offset: 0, bytes: 8, src, source: this.#source };
  }
}
