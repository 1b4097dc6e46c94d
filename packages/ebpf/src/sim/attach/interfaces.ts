/**
 * Network interfaces of the simulated kernel, by number.
 * @module
 */

/** One of a pair of netkit interfaces: which one, and the number of the one that programs are attached to. */
export interface Paired {
  readonly role: "primary" | "peer";
  readonly primary: number;
}

/** The interfaces there are: `lo`, and those that were added. */
export class Interfaces {
  readonly #names = new Map<number, string>([[1, "lo"]]);
  readonly #queues = new Map<number, number>();
  readonly #sent = new Map<number, Uint8Array[]>();
  readonly #paired = new Map<number, Paired>();

  /** Adds an interface: its number. One that is there keeps its number. */
  add(name: string, queues = 1): number {
    const known = this.indexOf(name);
    if (known !== undefined) return known;
    const index = Math.max(...this.#names.keys()) + 1;
    this.#names.set(index, name);
    this.#queues.set(index, queues);
    return index;
  }

  /** How many queues packets come in by. */
  queues(index: number): number {
    return this.#queues.get(index) ?? 1;
  }

  /** A frame leaves through an interface, past all programs. */
  transmit(index: number, frame: Uint8Array): void {
    const frames = this.#sent.get(index);
    if (frames === undefined) this.#sent.set(index, [frame]);
    else frames.push(frame);
  }

  /** What has left through an interface since the last call. */
  takeSent(index: number): readonly Uint8Array[] {
    const frames = this.#sent.get(index) ?? [];
    this.#sent.delete(index);
    return frames;
  }

  /** Makes a pair of two interfaces. */
  pair(primary: number, peer: number): void {
    this.#paired.set(primary, { role: "primary", primary });
    this.#paired.set(peer, { role: "peer", primary });
  }

  /** What an interface is in its pair; `undefined` when it is in none. */
  paired(index: number): Paired | undefined {
    return this.#paired.get(index);
  }

  /** Removes an interface, and the other one of a pair; false when it is not there. */
  remove(index: number): boolean {
    const primary = this.#paired.get(index)?.primary;
    for (const [other, paired] of this.#paired) {
      if (paired.primary !== primary) continue;
      this.#paired.delete(other);
      if (other !== index) this.#names.delete(other);
    }
    return this.#names.delete(index);
  }

  has(index: number): boolean {
    return this.#names.has(index);
  }

  indexOf(name: string): number | undefined {
    return [...this.#names].find(([, known]) => known === name)?.[0];
  }

  names(): readonly string[] {
    return [...this.#names.values()];
  }
}
