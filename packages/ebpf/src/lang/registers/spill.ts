/**
 * Moving places to the stack.
 *
 * A place that found no register is stored where it is written. Behind that it stays in a register of its own until a
 * call, since between calls there are registers enough; further on it is loaded once between two calls of a block.
 * When even that finds no register, each use gets a place that lives for one instruction. What is cheap to compute
 * again (a constant, an address of the stack or of a map) is computed again instead.
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
  { kind: "wide" | "slot-address" | "core-constant" | "move" | "load" }
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
      new BlockSpiller({ homes, split, available, fresh: (kind) => this.#fresh(kind) }).run(block);
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

  #fresh(kind: "one use" | "until a call"): Place {
    const place = this.#fn.nextVirtual++;
    if (kind === "one use") this.unspillable.add(place);
    return place;
  }
}

function findHome(fn: MachineFunction, place: Place): Home {
  const definitions = definitionsOf(fn, place);
  const [only] = definitions;
  if (definitions.length === 1 && only !== undefined && isRecomputable(only, fn.spills)) {
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

/** Loads of spilled places are made for uses until a call, and mean the same at each of these uses. */
function isRecomputable(
  operation: MachineOperation,
  spills: readonly StackSlot[],
): operation is Recomputable {
  if (operation.kind === "move") return typeof operation.src === "bigint";
  if (operation.kind === "load") {
    return typeof operation.base !== "number" && spills.includes(operation.base);
  }
  return ["wide", "slot-address", "core-constant"].includes(operation.kind);
}

interface BlockState {
  readonly homes: ReadonlyMap<Place, Home>;
  readonly split: ReadonlySet<Place>;
  /** Split places that are in their registers. */
  readonly available: Set<Place>;
  readonly fresh: (kind: "one use" | "until a call") => Place;
}

/** Rewrites one block. */
class BlockSpiller {
  readonly #state: BlockState;
  /** Split places that were loaded, by what they were loaded into. */
  readonly #loaded = new Map<Place, Place>();
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
      this.#follow(operation);
    }
    this.#begin(block.terminator.source);
    visitTerminator(block.terminator, visitor);
    block.operations.push(...this.#before);
  }

  #begin(source: MachineOperation["source"]): void {
    this.#locals.clear();
    [this.#before, this.#after, this.#dropped, this.#source] = [[], [], false, source];
  }

  #follow(operation: MachineOperation): void {
    follow(operation, this.#state.split, this.#state.available);
    if (operation.kind === "call") this.#loaded.clear();
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
    if (this.#state.available.has(place)) return place;
    const loaded = this.#loaded.get(place) ?? this.#state.fresh("until a call");
    if (!this.#loaded.has(place)) this.#before.push(this.#load(home, loaded));
    this.#loaded.set(place, loaded);
    return loaded;
  }

  #write(place: Place): Place {
    const home = this.#state.homes.get(place);
    if (home === undefined) return place;
    if (home.kind === "again") this.#dropped = true;
    this.#loaded.delete(place);
    const local = this.#state.split.has(place) ? place : this.#local(place);
    if (home.kind === "slot") this.#after.push(this.#store(home.slot, local));
    return local;
  }

  #modify(place: Place): Place {
    const home = this.#state.homes.get(place);
    if (home === undefined) return place;
    if (!this.#state.split.has(place)) this.#bring(place, home);
    else if (!this.#state.available.has(place)) this.#before.push(this.#load(home, place));
    return this.#write(place);
  }

  /** The place for one use, with the value in it. */
  #bring(place: Place, home: Home): Place {
    const isThere = this.#locals.has(place);
    const local = this.#local(place);
    if (!isThere) this.#before.push(this.#load(home, local));
    return local;
  }

  #local(place: Place): Place {
    const local = this.#locals.get(place) ?? this.#state.fresh("one use");
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
