/**
 * Packets: `packet(ctx).next(kernel.ethhdr)`.
 *
 * A packet has a place in it that moves on. Each header is one pointer, compared with the end of the packet before it
 * is given out, and all fields hang off it: so what the verifier saw checked is what is used.
 * @module
 */
import { isKernelStruct } from "../../builtins/kernel-struct.ts";
import { packet } from "../../builtins/packet.ts";
import type { Operand, Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { branch, compute, select } from "../compute.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import { describeEntity } from "../describe.ts";
import {
  type Entity,
  type HandOver,
  numberScalar,
  regions,
  type Special,
  undefinedEntity,
} from "../entity.ts";
import { isLayout, layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { asValue } from "../memory/place.ts";
import { isWithin, rangeOf } from "../range.ts";
import { toNumber } from "../scalar.ts";
import type { MemoryType, StructType } from "../type.ts";
import { presentPointer } from "./arguments.ts";
import { optionalPointer } from "./map-methods.ts";

/** Functions of packets. */
export const packetFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([[packet, openPacket]]);

/** A packet, and where in it the program is. */
interface OpenPacket {
  readonly start: Value;
  readonly end: Value;
  readonly cursor: { readonly name: string };
}

function openPacket(site: CallSite): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const argument = { entity: site.value(0), node: site.argumentNode(0) };
  const context = presentPointer(lowering, argument, "the context");
  const { target } = context.type;
  if (target.kind !== "struct" || target.field("data_end") === undefined) {
    return site.fail(`${target.name} has no packet`, "packets are in the context of XDP and skbs");
  }
  const base = asValue(lowering, context.operand);
  const opened: OpenPacket = {
    start: packetPointer(lowering, { base, target, field: "data" }),
    end: packetPointer(lowering, { base, target, field: "data_end" }),
    cursor: { name: "cursor" },
  };
  lowering.builder.write(opened.cursor, opened.start);
  return packetEntity(opened);
}

/** A field of the context that the verifier replaces by a pointer. */
function packetPointer(
  lowering: Lowering,
  {
    base,
    target,
    field,
  }: { readonly base: Value; readonly target: StructType; readonly field: string },
): Value {
  const { offset, type } = target.field(field)!;
  const bytes = type.size === 8 ? 8 : 4;
  // Helpers that move the packet make these other pointers: they are no constants of the context.
  return lowering.builder.define(
    { kind: "load", base, offset, bytes, signed: false, memory: "other" },
    { name: field, pointer: true, present: true },
  );
}

function packetEntity(opened: OpenPacket): Special {
  return {
    kind: "special",
    description: "a packet",
    data: opened,
    handOver: handOver(opened),
    member: (lowering, name) => {
      if (name === "next") return method("next", (site) => next(site, opened));
      if (name === "skip") return method("skip", (site) => skip(site, opened));
      if (name !== "length") return undefined;
      const length = compute(lowering, "sub", [opened.end, opened.start], {
        range: { min: 0n, max: 0xffff_ffffn },
      });
      return numberScalar(length);
    },
  };
}

/** Functions get the place they are at, and move it. */
function handOver({ start, end, cursor }: OpenPacket): HandOver {
  return {
    words: (lowering) => [start, end, lowering.builder.read(cursor)],
    receive: (lowering, [first, last, at]) => {
      const opened = { start: first!, end: last!, cursor: { name: "cursor" } };
      lowering.builder.write(opened.cursor, at!);
      return packetEntity(opened);
    },
    update: (lowering, [, , at]) => lowering.builder.write(cursor, at!),
  };
}

function method(name: string, call: (site: CallSite) => Entity): Special {
  return { kind: "special", description: name, call };
}

/** The header at the cursor, which moves behind it; missing where the packet ends before. */
function next(site: CallSite, { end, cursor }: OpenPacket): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const { builder } = lowering;
  const type = headerType(site);
  const start = asValue(lowering, builder.read(cursor));
  const behind = builder.define(
    { kind: "binary", op: "add", width: 64, left: start, right: BigInt(type.size) },
    { pointer: true },
  );
  const [inside, outside] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [behind, "gt", end], { then: outside, else: inside });
  const operand = select(lowering, "header", [
    {
      from: inside,
      value: (): Operand => {
        builder.write(cursor, behind);
        return start;
      },
    },
    { from: outside, value: () => 0n },
  ]);
  const pointer = optionalPointer(type, regions.packet, operand);
  return { ...pointer, type: { ...pointer.type, end } };
}

function headerType(site: CallSite): MemoryType {
  const entity = site.argument(0);
  const value = entity.kind === "constant" ? entity.value : undefined;
  if (isLayout(value)) return layoutType(value);
  if (isKernelStruct(value)) return kernelStructOf(site.lowering, value.name, site.argumentNode(0));
  return site.fail(
    `${describeEntity(entity)} is no header`,
    "give a layout, or a struct of the kernel: kernel.iphdr",
  );
}

/**
 * Farthest that one step goes. The verifier gives up on offsets beyond MAX_PACKET_OFF, 65535, and several steps and
 * headers have to fit; whoever goes farther is outside of the packet in any case.
 */
const farthestStep = 0x7fffn;

function skip(site: CallSite, { cursor }: OpenPacket): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const given = toNumber(lowering, site.argument(0), site.argumentNode(0));
  const range = { min: 0n, max: farthestStep };
  const fits = isWithin(rangeOf(lowering, given), range);
  const bytes = fits ? given : compute(lowering, "and", [given, farthestStep], { range });
  const left = asValue(lowering, lowering.builder.read(cursor));
  const moved = lowering.builder.define(
    { kind: "binary", op: "add", width: 64, left, right: bytes },
    { pointer: true },
  );
  lowering.builder.write(cursor, moved);
  return undefinedEntity;
}
