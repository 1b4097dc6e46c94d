/**
 * The one element of a map of `struct_ops`: a struct whose functions are programs (kernel/bpf/bpf_struct_ops.c).
 *
 * Writing the element checks it, as the part of the kernel that calls its functions does. With the flag `link` it waits for
 * a link from then on; without, writing registers it and deleting takes it back.
 * @module
 */
import type { StructOps, StructOpsMember } from "../../btf/struct-ops.ts";
import { failed } from "../errno.ts";
import { SimulatedProgram } from "../program.ts";
import { refusalOf } from "../struct-ops/subsystem.ts";
import { indexOf } from "./indexed-store.ts";
import { MapStore, type StoreMode, type StoreSetup } from "./store.ts";
import type { Words } from "./word-store.ts";

/** `enum bpf_struct_ops_state`. */
export const structOpsStates = { init: 0, inUse: 1, toBeFree: 2, ready: 3 } as const;

/** The struct of one map. */
export class StructOpsStore extends MapStore {
  readonly type: StructOps;
  /** Its functions, by the names of their members. */
  readonly programs: Map<string, SimulatedProgram> = new Map();
  /** What it is registered by where it needs no link: 0 or a negated errno; and what ends that. */
  register: () => number = () => failed.invalid;
  unregister: () => void = () => {};
  readonly #isLinked: boolean;
  readonly #bytes: Uint8Array;
  #state: number = structOpsStates.init;

  constructor({ attributes }: StoreSetup, type: StructOps) {
    super();
    this.type = type;
    this.#isLinked = attributes.mapFlags?.includes("link") === true;
    this.#bytes = new Uint8Array(attributes.valueSize);
  }

  /** Whether a link can register it. */
  get isReady(): boolean {
    return this.#isLinked && this.#state === structOpsStates.ready;
  }

  /** The bytes of a member; those of functions are numbers of programs. */
  member(name: string): Uint8Array {
    const found = this.type.members.find((member) => member.name === name);
    return found === undefined ? new Uint8Array() : this.#bytesOf(found);
  }

  /** Text of a member of characters. */
  text(name: string): string {
    return new TextDecoder().decode(this.member(name)).replace(/\0.*$/s, "");
  }

  put(key: Uint8Array, words: Words, mode: StoreMode): number {
    if (mode !== "any") return failed.invalid;
    if (indexOf(key) !== 0) return failed.tooBig;
    if (this.#state !== structOpsStates.init) return failed.busy;
    const result = this.#fill(words) || refusalOf(this) || (this.#isLinked ? 0 : this.register());
    if (result < 0) {
      this.#empty();
      return result;
    }
    this.#state = this.#isLinked ? structOpsStates.ready : structOpsStates.inUse;
    return 0;
  }

  find(): number {
    return failed.notSupported;
  }

  update(key: Uint8Array, value: Uint8Array, { mode }: { readonly mode: StoreMode }): number {
    return this.put(key, [...new Uint32Array(value.slice().buffer)], mode);
  }

  override lookup(key: Uint8Array, value: Uint8Array): number {
    if (indexOf(key) !== 0) return failed.noEntry;
    if (this.#state === structOpsStates.init) value.fill(0);
    else value.set(this.#bytes);
    return 0;
  }

  delete(): number {
    if (this.#isLinked) return failed.operationNotSupported;
    if (this.#state === structOpsStates.init) return failed.noEntry;
    if (this.#state === structOpsStates.toBeFree) return failed.inProgress;
    this.#state = structOpsStates.toBeFree;
    this.unregister();
    return 0;
  }

  next(key: Uint8Array | undefined, next: Uint8Array): number {
    if (key !== undefined && indexOf(key) === 0) return failed.noEntry;
    next.fill(0);
    return 0;
  }

  override free(): void {
    if (this.#state === structOpsStates.inUse) this.unregister();
    this.#empty();
  }

  #bytesOf({ offset, sizeBytes }: StructOpsMember): Uint8Array {
    const start = this.type.dataOffset + offset;
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  /** Takes over values and programs: 0 or a negated errno. */
  #fill(words: Words): number {
    const numbers = words.map((word) => (typeof word === "number" ? word : 0));
    this.#bytes.set(
      new Uint8Array(Uint32Array.from(numbers).buffer).subarray(0, this.#bytes.length),
    );
    for (const member of this.type.members) {
      if (member.kind !== "function") continue;
      const word = words[(this.type.dataOffset + member.offset) / 4];
      if (word === 0 || word === undefined) continue;
      if (typeof word === "number") return failed.badDescriptor;
      if (!(word instanceof SimulatedProgram) || !this.#isFor(word, member)) return failed.invalid;
      this.programs.set(member.name, word.hold());
      this.#bytesOf(member).set(new Uint8Array(Uint32Array.of(word.id, 0).buffer));
    }
    return 0;
  }

  #isFor({ attributes }: SimulatedProgram, { index }: StructOpsMember): boolean {
    const { progType, attachBtfId, structOpsMember } = attributes;
    return (
      progType === "struct_ops" && attachBtfId === this.type.id && (structOpsMember ?? 0) === index
    );
  }

  #empty(): void {
    for (const program of this.programs.values()) program.drop();
    this.programs.clear();
    this.#bytes.fill(0);
  }
}
