/**
 * Sockets as programs see them: `struct bpf_sock`, and what else a test says of one.
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import type { AttachType } from "../../spec/words.ts";
import { SimulatedHandle, SimulatedObject } from "../object.ts";
import type { SimulatedProgram } from "../program.ts";
import { readStruct } from "../typed/typed-reader.ts";
import type { FoundObject, GivenObject } from "../typed/given.ts";
import { Placement } from "../typed/placement.ts";
import type { KernelTypes } from "../typed/kernel-types.ts";
import { TypedWriter } from "../typed/typed-writer.ts";
import type { Memory } from "../vm/memory.ts";

const struct = "bpf_sock";
/** IPPROTO_TCP of include/uapi/linux/in.h. */
const tcpProtocol = 6;

/** A socket. */
export class SimulatedSocket extends SimulatedObject {
  readonly kind = "socket";
  /** Where programs find its `struct bpf_sock`. */
  readonly address: bigint;
  /** Where they find its `struct bpf_tcp_sock`; 0 where it is none of TCP. */
  readonly tcpAddress: bigint;
  /** What whoever added it has of it. */
  readonly handle: Handle;
  /** What was set with `bpf_setsockopt`, by level and option. */
  readonly options: Map<string, Uint8Array> = new Map();
  /** Bytes that came in and are no whole message yet, and how long that message is, once a program has said so. */
  pending: { readonly bytes: Uint8Array; readonly length?: number } = { bytes: new Uint8Array() };
  readonly #programs = new Map<AttachType, SimulatedProgram>();
  readonly #fields: () => FoundObject;

  constructor(
    { types, memory }: { readonly types: KernelTypes; readonly memory: Memory },
    fields: GivenObject,
    tcp: GivenObject,
  ) {
    super("a socket");
    const placement = new Placement(memory);
    const writer = new TypedWriter(types.contexts, placement);
    this.address = writer.object(struct, { ...fields });
    const isTcp = fields["protocol"] === tcpProtocol;
    this.tcpAddress = isTcp ? writer.object("bpf_tcp_sock", { ...tcp }) : 0n;
    const bytes = memory.regionOf(this.address)!.bytes;
    this.#fields = () => readStruct(types.contexts, struct, bytes);
    this.handle = new SimulatedHandle(this);
    this.atEnd(() => {
      this.leaveMaps();
      placement[Symbol.dispose]();
    });
  }

  /** Fields of its `struct bpf_sock`. */
  get fields(): FoundObject {
    return this.#fields();
  }

  /** The program that it has from the map of sockets that it is in. */
  programAt(type: AttachType): SimulatedProgram | undefined {
    return this.#programs.get(type);
  }

  /** Has a program from now on, until it is in no map any more. */
  keep(type: AttachType, program: SimulatedProgram): void {
    this.#programs.set(type, program.hold());
  }

  /** Loses what it has from maps. */
  leaveMaps(): void {
    for (const program of this.#programs.values()) program.drop();
    this.#programs.clear();
  }
}
