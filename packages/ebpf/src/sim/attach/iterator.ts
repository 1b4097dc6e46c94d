/**
 * Iterators: a program that is run for each object of a kind, and what it writes (kernel/bpf/bpf_iter.c).
 *
 * What there is to walk over a test says, but for elements of maps. The program is called once more at the end, with null.
 * All is written when the first byte is read.
 * @module
 */
import { failed } from "../errno.ts";
import type { Core } from "../core.ts";
import { invocationOf } from "../helper/context.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { SimulatedObject } from "../object.ts";
import type { Given, GivenObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import type { SimulatedLink } from "./simulated-link.ts";

/** Most bytes that one run may write: the kernel's buffer has 8 pages. */
const bufferBytes = 8 * 4096;

/** An open iterator. */
export class SimulatedIterator extends SimulatedObject {
  readonly kind = "iterator";
  readonly #core: Core;
  readonly #link: SimulatedLink;
  readonly #written: number[] = [];
  #started = false;
  #read = 0;

  constructor(core: Core, link: SimulatedLink) {
    super(`iterator of ${link.label}`);
    this.#core = core;
    this.#link = link.hold();
    this.atEnd(() => link.drop());
  }

  /** Writes what a program gives to `bpf_seq_write`: 0, or -EOVERFLOW when there is no room. */
  write(bytes: Uint8Array): number {
    if (this.#written.length + bytes.length > bufferBytes * 1024) return failed.overflow;
    for (const byte of bytes) this.#written.push(byte);
    return 0;
  }

  /** Fills `buffer`: bytes read, 0 at the end. */
  readInto(buffer: Uint8Array): number {
    if (!this.#started) this.#walk();
    this.#started = true;
    const part = this.#written.slice(this.#read, this.#read + buffer.length);
    buffer.set(part);
    this.#read += part.length;
    return part.length;
  }

  #walk(): void {
    const { targetName } = this.#link.setup.details as { readonly targetName: string };
    const core = this.#core;
    let number = 0;
    for (const members of this.#objects(targetName))
      this.#show(core, targetName, { members, number: number++ });
    this.#show(core, targetName, { members: {}, number });
  }

  *#objects(name: string): Generator<GivenObject, void> {
    if (name === "bpf_map_elem") yield* this.#elements();
    else yield* this.#core.iterated.get(name) ?? [];
  }

  /** The elements of the map that the iterator is for. */
  *#elements(): Generator<GivenObject, void> {
    const { mapId } = this.#link.setup.details as { readonly mapId: number };
    const map = this.#core.maps.get(mapId);
    if (!(map instanceof SimulatedMap)) return;
    const key = new Uint8Array(map.attributes.keySize);
    for (let more = map.store.next(undefined, key); more >= 0;) {
      const offset = map.store.find(key, "user");
      const value = map.store.values!.address + BigInt(offset);
      yield { map: map.address, key: key.slice(), value };
      more = map.store.next(key.slice(), key);
    }
  }

  #show(
    core: Core,
    name: string,
    { members, number }: { readonly members: Given; readonly number: number },
  ): void {
    using placement = new Placement(core.machine.memory);
    const writer = new TypedWriter(core.types.btf, placement);
    const sequence = placement.allocate("the output of the iterator", new Uint8Array(8));
    const meta = { seq: sequence, session_id: 1, seq_num: number };
    const context = writer.object(`bpf_iter__${name}`, { meta, ...(members as GivenObject) });
    core.run({ ...invocationOf(this.#link.program, context), output: this });
  }
}
