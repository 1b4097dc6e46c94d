/**
 * Ring buffers: reserving, submitting and discarding events.
 *
 * An event that was submitted or discarded is gone: its name means nothing from there on. Where the ring is full, the
 * loss is counted in the counter that belongs to the ring.
 * @module
 */
import type { Operand } from "../../ir/operation.ts";
import type { RingbufSpec } from "../../../spec/map-spec.ts";
import { writePointer } from "../binding.ts";
import type { CallSite } from "../call-site.ts";
import { branch, select } from "../compute.ts";
import { bigintScalar, type Entity, type Pointer, regions, undefinedEntity } from "../entity.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { callHelper } from "../memory/helper-call.ts";
import { stackPlace } from "../memory/place.ts";
import { storeZeros } from "../memory/bytes.ts";
import { inMemory, presentPointer } from "./arguments.ts";
import { firstBytes } from "./byte-range.ts";
import { useMap } from "./globals.ts";
import type { MapReference } from "./map-methods.ts";

type Ring = MapReference<RingbufSpec<unknown>>;

/** Methods of ring buffers. */
export const ringMethods: Readonly<Record<string, (site: CallSite, map: Ring) => Entity>> = {
  reserve,
  submit: (site, map) => release(site, map, "ringbuf_submit"),
  discard: (site, map) => release(site, map, "ringbuf_discard"),
  output,
  outputBytes,
  query,
};

function reserve(site: CallSite, { spec, address }: Ring): Entity {
  site.expectArguments(0, 1);
  const { lowering } = site;
  const target = layoutType(spec.value);
  const operand = callHelper(lowering, "ringbuf_reserve", [address(), BigInt(target.size), 0n], {
    pointer: true,
  });
  const presence = presenceOf(lowering, operand);
  countLoss(lowering, spec, [presence ?? operand, "eq", 0n]);
  const type = { target, region: regions.event, nullable: true, event: true };
  return { kind: "pointer", type, operand, presence };
}

/**
 * Before Linux 6.4 the verifier, asked whether an event is null that it knows not to be, follows both ways, and finds
 * that the event is lost on one of them. So it is asked once, and a number tells from there on.
 */
function presenceOf(lowering: Lowering, operand: Operand): Operand | undefined {
  if (lowering.program.target.kernelVersion >= 6004) return undefined;
  const [missing, present] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [operand, "eq", 0n], { then: missing, else: present });
  return select(lowering, "reserved", [
    { from: missing, value: () => 0n },
    { from: present, value: () => 1n },
  ]);
}

/** Adds one to the loss counter of a ring when a result says that there was no room. */
function countLoss(
  lowering: Lowering,
  { lossCounter }: RingbufSpec<unknown>,
  condition: readonly [Operand, "eq" | "ne", bigint],
): void {
  if (lossCounter === undefined) return;
  const [lost, counted, after] = [lowering.flowEnd(), lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, condition, { then: lost, else: after });
  lowering.enter(lost);
  useMap(lowering, lossCounter);
  const key = stackPlace(lowering, layoutType(lossCounter.key), "key");
  storeZeros(lowering, key, 0, key.type.size);
  const { builder } = lowering;
  const map = builder.define({ kind: "map-address", map: lossCounter.name }, { pointer: true });
  const base = callHelper(lowering, "map_lookup_elem", [map, key], { pointer: true });
  branch(lowering, [base, "ne", 0n], { then: counted, else: after });
  lowering.enter(counted);
  // The counter is of this CPU alone, but a program may interrupt another one.
  builder.effect({ kind: "atomic", op: "add", bytes: 8, base, offset: 0, operand: 1n });
  lowering.jump(after);
  lowering.enter(after);
}

/** BPF_RB_NO_WAKEUP and BPF_RB_FORCE_WAKEUP of include/uapi/linux/bpf.h. */
const wakeups: Readonly<Record<string, bigint>> = { auto: 0n, no_wakeup: 1n, force_wakeup: 2n };

function wakeupArgument(site: CallSite, index: number): bigint {
  if (!site.has(index)) return 0n;
  const entity = site.argument(index);
  const flag = entity.kind === "constant" ? wakeups[String(entity.value)] : undefined;
  return (
    flag ??
    site.fail('wakeup must be "auto", "no_wakeup" or "force_wakeup"', "leave it out for auto")
  );
}

function release(site: CallSite, _map: Ring, name: "ringbuf_submit" | "ringbuf_discard"): Entity {
  site.expectArguments(1, 2);
  const argument = { entity: site.value(0), node: site.argumentNode(0) };
  const event = presentPointer(site.lowering, argument, "an event of the ring");
  if (event.type.event !== true) {
    return site.fail("this is no event that was reserved", "to send a copy, use output(…)");
  }
  callHelper(site.lowering, name, [event.operand, wakeupArgument(site, 1)]);
  forget(site.lowering, event);
  return undefinedEntity;
}

/** From here on there is no such event. */
function forget(lowering: Lowering, { binding }: Pointer): void {
  if (binding === undefined) return;
  if (binding.kind === "variable") writePointer(lowering, binding);
  lowering.facts = new Set([...lowering.facts].filter((fact) => fact !== binding));
}

/** Gives an event back without anybody seeing it. */
export function discardEvent(lowering: Lowering, event: Pointer): void {
  callHelper(lowering, "ringbuf_discard", [event.operand, 0n]);
}

function output(site: CallSite, { spec, address }: Ring): Entity {
  site.expectArguments(1, 2);
  const { lowering } = site;
  const argument = { entity: site.argument(0), node: site.argumentNode(0) };
  const place = inMemory(lowering, argument, layoutType(spec.value));
  const given = [address(), place, BigInt(place.type.size), wakeupArgument(site, 1)];
  const operand = callHelper(lowering, "ringbuf_output", given);
  countLoss(lowering, spec, [operand, "ne", 0n]);
  return { kind: "scalar", type: { kind: "number" }, operand };
}

/** The first bytes of memory, whose number varies. */
function outputBytes(site: CallSite, { spec, address }: Ring): Entity {
  site.expectArguments(2, 3);
  const { lowering } = site;
  const [start, length] = firstBytes(site, 0);
  const given = [address(), start, length, wakeupArgument(site, 2)];
  const operand = callHelper(lowering, "ringbuf_output", given);
  countLoss(lowering, spec, [operand, "ne", 0n]);
  return { kind: "scalar", type: { kind: "number" }, operand };
}

/** BPF_RB_AVAIL_DATA and so on of include/uapi/linux/bpf.h. */
const queries: Readonly<Record<string, bigint>> = {
  avail_data: 0n,
  ring_size: 1n,
  cons_pos: 2n,
  prod_pos: 3n,
};

function query(site: CallSite, { address }: Ring): Entity {
  site.expectArguments(1);
  const entity = site.argument(0);
  const flag = entity.kind === "constant" ? queries[String(entity.value)] : undefined;
  if (flag === undefined) {
    const hint = `ask one of ${Object.keys(queries).join(", ")}`;
    return site.fail("what is asked of the ring must be a constant text", hint);
  }
  return bigintScalar(callHelper(site.lowering, "ringbuf_query", [address(), flag]));
}
