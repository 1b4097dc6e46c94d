/**
 * BTF that was loaded into the simulated kernel: bytes that are kept, and given back as they came.
 * @module
 */
import type { CommandResult } from "../kernel/commands.ts";
import type { BtfId } from "../kernel/handle.ts";
import { SimulatedObject } from "./object.ts";

/** BTF that somebody loaded; nothing looks into it. */
export class SimulatedBtf extends SimulatedObject {
  readonly kind = "btf";
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super("btf");
    this.bytes = bytes.slice();
  }

  info(): CommandResult<"objGetInfoByFd"> {
    const { id, bytes } = this;
    return {
      kind: "btf",
      id: id as BtfId,
      name: "",
      sizeBytes: bytes.length,
      kernelBtf: false,
      contents: bytes,
    };
  }
}
