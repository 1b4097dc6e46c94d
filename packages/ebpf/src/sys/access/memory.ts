/**
 * Values of a `mmapable` array as memory of this process: reading and writing them costs no system call.
 * @module
 */
import type { Bridge } from "@ts-ebpf/native";
import { mappedAddresses } from "../machine/mapped-addresses.ts";
import type { MappedMemory, MemoryOptions } from "../../kernel/kernel.ts";
import { type Operation, raise } from "../call/failure.ts";
import type { Fd } from "../fd.ts";

// include/uapi/asm-generic/mman-common.h; the same on all architectures.
const protRead = 1;
const protWrite = 2;
const mapShared = 1;

/** Memory of a map. The bytes are gone after `close`: reading them gives nothing, and nothing crashes. */
export class NativeMemory implements MappedMemory {
  readonly #bridge: Bridge;
  readonly address: bigint;
  #bytes: Uint8Array;

  /** @throws {PermissionError} when the map is frozen or not open for that access. */
  constructor(bridge: Bridge, map: Fd, { sizeBytes, access, located }: MemoryOptions) {
    const protection = access === "read" ? protRead : protRead | protWrite;
    const before = located ? mappedAddresses(sizeBytes) : [];
    const memory = bridge.map(map.raw, sizeBytes, protection, mapShared, 0);
    if (typeof memory === "number") raise(-memory, mapOperation(map, access));
    this.#bridge = bridge;
    this.#bytes = new Uint8Array(memory);
    const found = located ? mappedAddresses(sizeBytes).filter((it) => !before.includes(it)) : [];
    this.address = found[0] ?? 0n;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  close(): void {
    const { buffer } = this.#bytes;
    if (buffer.byteLength === 0) return;
    this.#bridge.unmap(buffer as ArrayBuffer);
    this.#bytes = new Uint8Array();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function mapOperation(map: Fd, access: MemoryOptions["access"]): Operation {
  return {
    text: `map ${map.label} into memory for ${access === "read" ? "reading" : "reading and writing"}`,
    requires: [{ feature: "maps in memory", since: [5, 5] }],
    meanings: {
      EPERM: { reason: "the map is frozen, or not open for this access" },
      ENOTSUPP: { feature: "this kind of map in memory" },
      ENODEV: { kind: "not-supported", feature: "this kind of map in memory" },
      EINVAL: {
        reason: "the map is not mmapable, or smaller than this",
        hint: 'create it with the flag "mmapable"',
      },
    },
  };
}
