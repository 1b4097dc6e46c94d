/**
 * Taking packets apart: what programs of type `flow_dissector` get and leave (net/core/flow_dissector.c).
 *
 * The result is not in the packet but in `struct bpf_flow_keys`, which the context leads to.
 * @module
 */
import { viewOf } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { Packet } from "../packet.ts";
import type { Memory } from "../vm/memory.ts";
import { contextAccess, skbFields } from "./packet-context.ts";
import type { TestRun } from "./test-run.ts";

/** A packet from the header of Ethernet on. */
export interface DissectedPacket {
  readonly data: Uint8Array;
  /** `BPF_FLOW_DISSECTOR_F_…`. */
  readonly flags?: number;
}

/** Bytes of an Ethernet header, of `struct bpf_flow_keys` and of `struct __sk_buff`. */
export const ethernetBytes = 14;
const flowKeysBytes = 56;
const contextBytes = 192;

/** Where members of `struct bpf_flow_keys` are, and where the context leads to it. */
const flowKeysOffsets = { nhoff: 0, thoff: 2, protocol: 10, flags: 48 } as const;
const leadsToKeys = 144;

/** What `run` gives for the address of the context, and the keys that it left. */
export function dissected<T>(
  { memory, packet }: { readonly memory: Memory; readonly packet: Packet },
  { data, flags = 0 }: DissectedPacket,
  run: (context: bigint) => T,
): { readonly outcome: T; readonly keys: Uint8Array } {
  packet.load(data, 0);
  const keys = new Uint8Array(flowKeysBytes);
  const view = viewOf(keys);
  view.setUint16(flowKeysOffsets.nhoff, ethernetBytes, true);
  view.setUint16(flowKeysOffsets.thoff, ethernetBytes, true);
  view.setUint16(flowKeysOffsets.protocol, viewOf(data).getUint16(12, true), true);
  view.setUint32(flowKeysOffsets.flags, flags, true);
  const address = memory.allocate("keys of the flow", keys);
  const bytes = new Uint8Array(contextBytes);
  const fields = { ...skbFields, [leadsToKeys]: { size: 8, read: () => address } } as const;
  const access = contextAccess(bytes, fields, packet);
  const context = memory.allocate("context", bytes, { access });
  try {
    const outcome = run(context);
    limitOffsets(view, data.length);
    return { outcome, keys };
  } finally {
    memory.free(context);
    memory.free(address);
  }
}

/** Offsets lie behind the header of Ethernet and within the packet, that of the next header behind that of the network. */
function limitOffsets(view: DataView, length: number): void {
  const limited = (offset: number, least: number): number => {
    const value = Math.min(Math.max(view.getUint16(offset, true), least), length);
    view.setUint16(offset, value, true);
    return value;
  };
  limited(flowKeysOffsets.thoff, limited(flowKeysOffsets.nhoff, ethernetBytes));
}

/**
 * A test run: what comes out is `struct bpf_flow_keys` (`bpf_prog_test_run_flow_dissector` of net/bpf/test_run.c). Of a given one
 * only the flags count, and the rest has to be zero.
 */
export const dissectorRun: TestRun = (runner, program, input) => {
  const { dataIn, ctxIn, ctxOut, dataOut, cpu = 0, flags = [], repeat = 1 } = input;
  if (dataIn === undefined || dataIn.length < ethernetBytes) return failed.invalid;
  if (flags.length > 0 || cpu !== 0) return failed.invalid;
  const { flags: at } = flowKeysOffsets;
  const isFlag = (index: number): boolean => index >= at && index < at + 4;
  if (ctxIn?.some((byte, index) => byte !== 0 && !isFlag(index)) === true) return failed.invalid;
  const given = ctxIn === undefined ? 0 : viewOf(ctxIn).getUint32(at, true);
  const { machine, packet, statistics, world } = runner;
  const { memory } = machine;
  const once = (): { readonly outcome: bigint; readonly keys: Uint8Array } =>
    dissected({ memory, packet }, { data: dataIn, flags: given }, (context) => {
      const start = world.now;
      const result = machine.run(program.program, context);
      statistics.count(program, start);
      return result;
    });
  let last = once();
  for (let turn = 1; turn < repeat; turn++) last = once();
  dataOut?.set(last.keys.subarray(0, dataOut.length));
  ctxOut?.set(ctxIn?.subarray(0, ctxOut.length) ?? []);
  const ctxSizeOut = Math.min(ctxIn?.length ?? 0, ctxOut?.length ?? 0);
  const retval = Number(last.outcome & 0xffff_ffffn);
  return { retval, durationNs: 0, dataSizeOut: flowKeysBytes, ctxSizeOut };
};
