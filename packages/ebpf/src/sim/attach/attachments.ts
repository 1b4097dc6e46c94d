/**
 * What is attached where: programs at places, in the order they run.
 *
 * A place is a text such as `kprobe vfs_read`, made in `place.ts` for whoever attaches and whoever fires alike. Nothing here
 * knows what places there are.
 * @module
 */
import type { SimulatedProgram } from "../program.ts";

/** A program at a place. */
export interface Attachment {
  /** Held by the attachment. */
  program: SimulatedProgram;
  /** What `bpf_get_attach_cookie` gives. */
  readonly cookie: bigint;
  /** Number of the link that made it; 0 where it was none. */
  readonly linkId: number;
  /** Address that `bpf_get_func_ip` gives. */
  readonly functionAddress?: bigint;
  /** Only hits of this process count. */
  readonly pid?: number | undefined;
  /** Runs at the return only when it returned 0 at the start. */
  readonly session?: true;
  /** Runs before programs of control groups below. */
  readonly preorder?: true;
  /** Among programs of netfilter. */
  readonly priority?: number;
}

/** All attachments of a kernel. */
export class Attachments {
  readonly #places = new Map<string, Attachment[]>();
  readonly #changes = new Map<string, bigint>();

  /** Those at a place, in the order they run. */
  at(place: string): readonly Attachment[] {
    return this.#places.get(place) ?? [];
  }

  /** Puts a program at a place: before `next`, or behind all. Disposing takes it away. */
  add(place: string, attachment: Attachment, next?: Attachment): Disposable {
    attachment.program.hold();
    const list = [...this.at(place)];
    const index = next === undefined ? -1 : list.indexOf(next);
    list.splice(index === -1 ? list.length : index, 0, attachment);
    this.#set(place, list);
    return { [Symbol.dispose]: () => this.remove(place, attachment) };
  }

  /** Takes a program away; one that is gone already stays away. */
  remove(place: string, attachment: Attachment): void {
    const left = this.at(place).filter((it) => it !== attachment);
    if (left.length === this.at(place).length) return;
    this.#set(place, left);
    attachment.program.drop();
  }

  /** Puts another program where one is. */
  replace(attachment: Attachment, program: SimulatedProgram): void {
    program.hold();
    attachment.program.drop();
    attachment.program = program;
  }

  /** Grows with each change of the list at a place, from 1 up. */
  revision(place: string): bigint {
    return this.#changes.get(place) ?? 1n;
  }

  #set(place: string, list: Attachment[]): void {
    this.#changes.set(place, this.revision(place) + 1n);
    if (list.length === 0) this.#places.delete(place);
    else this.#places.set(place, list);
  }
}
