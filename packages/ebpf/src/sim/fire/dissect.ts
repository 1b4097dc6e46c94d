/**
 * Packets whose flows are hashed: the program that takes them apart, and the keys it finds.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import { dissected, type DissectedPacket, ethernetBytes } from "../run/flow-dissection.ts";
import type { FoundObject } from "../typed/given.ts";
import { readStruct } from "../typed/typed-reader.ts";
import { runAttached, type Run, toldOf } from "./run.ts";

/** What a program found in a packet. */
export interface Dissection {
  readonly runs: readonly Run[];
  /** `continue`: the kernel takes the packet apart itself; `drop`: there is no flow in it. */
  readonly verdict: "ok" | "drop" | "continue";
  /** Members of `struct bpf_flow_keys`. */
  readonly keys: FoundObject;
}

/** BPF_OK and BPF_FLOW_DISSECTOR_CONTINUE of include/uapi/linux/bpf.h. */
const [found, goOn] = [0, 129];

/** Takes a packet apart. @throws {InvalidArgumentError} when it has no header of Ethernet. */
export function fireDissector(core: Core, packet: DissectedPacket): Dissection {
  if (packet.data.length < ethernetBytes)
    throw new InvalidArgumentError(`a packet of ${packet.data.length} bytes is no packet`, {
      hint: `it starts with a header of Ethernet, ${ethernetBytes} bytes`,
    });
  const attached = core.attachments.at(place.netns("flow_dissector"));
  const { outcome, keys } = dissected(core, packet, (context) =>
    runAttached(core, attached, context),
  );
  const value = outcome[0]?.value ?? goOn;
  const verdict = value === found ? "ok" : value === goOn ? "continue" : "drop";
  return {
    runs: toldOf(outcome),
    verdict,
    keys: readStruct(core.types.contexts, "bpf_flow_keys", keys),
  };
}
