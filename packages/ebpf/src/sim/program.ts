/**
 * A program of the simulated kernel: its instructions, ready to run, and the maps they use.
 * @module
 */
import { hex } from "../base/bytes.ts";
import { decode } from "../isa/decode.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import type { BtfId, MapId, ProgramId } from "../kernel/handle.ts";
import type { ProgramInfo } from "../kernel/info.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { SimulatedMap } from "./map/simulated-map.ts";
import { SimulatedObject } from "./object.ts";
import { withSources } from "./source-lines.ts";
import type { Machine, Program } from "./vm/machine.ts";

/** Licenses that make a program GPL compatible: `license_is_gpl_compatible` of include/linux/license.h. */
const gplCompatible: ReadonlySet<string> = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/** What a program is made of. */
export interface ProgramSetup {
  readonly attributes: ProgLoad;
  readonly maps: readonly SimulatedMap[];
  readonly machine: Machine;
  readonly now: bigint;
}

/** A loaded program. */
export class SimulatedProgram extends SimulatedObject {
  readonly kind = "program";
  readonly attributes: ProgLoad;
  readonly program: Program;
  readonly maps: readonly SimulatedMap[];
  readonly #loadedAt: bigint;
  runs = 0n;

  /** @throws {MalformedError} when the instructions are none; {@link MachineFault} when they cannot be prepared. */
  constructor({ attributes, maps, machine, now }: ProgramSetup) {
    super(
      attributes.progName === undefined
        ? `${attributes.progType} program`
        : `program "${attributes.progName}"`,
    );
    this.attributes = attributes;
    this.maps = maps;
    const instructions = withSources(decode(attributes.insns), attributes);
    this.program = machine.program(withAddresses(instructions, maps));
    this.#loadedAt = now;
    for (const map of maps) map.hold();
    this.atEnd(() => {
      for (const map of maps) map.drop();
    });
  }

  info(): ProgramInfo {
    const { attributes } = this;
    return {
      kind: "program",
      id: this.id as ProgramId,
      type: attributes.progType,
      name: attributes.progName ?? "",
      tag: tagOf(attributes.insns),
      gplCompatible: gplCompatible.has(attributes.license),
      jitedLength: 0,
      translatedLength: attributes.insns.length,
      loadTimeNs: this.#loadedAt,
      createdByUid: 0,
      mapIds: this.maps.map((map) => map.id as MapId),
      interfaceIndex: 0,
      netNamespace: { device: 0n, inode: 0n },
      btfId: 0 as BtfId,
      attachBtfObjectId: 0 as BtfId,
      attachBtfTypeId: attributes.attachBtfId ?? 0,
      runTimeNs: 0n,
      runCount: this.runs,
      recursionMisses: 0n,
      verifiedInstructions: attributes.insns.length / 8,
    };
  }
}

/** The instructions with the addresses of maps and their values in place of their numbers. */
function withAddresses(
  instructions: readonly Instruction[],
  maps: readonly SimulatedMap[],
): readonly Instruction[] {
  return instructions.map((instruction) => {
    if (instruction.kind !== "wide-load" || typeof instruction.value === "bigint")
      return instruction;
    const { value } = instruction;
    if (value.kind !== "map-index" && value.kind !== "map-index-value") return instruction;
    const map = maps[value.index];
    if (map === undefined) {
      throw new InvalidArgumentError(`the program uses map ${value.index} of ${maps.length}`, {
        hint: "maps are counted from 0 in the table that goes with the program",
      });
    }
    if (value.kind === "map-index") return { ...instruction, value: map.address };
    return { ...instruction, value: map.store.values!.address + BigInt(value.offset) };
  });
}

/** A hash of the instructions, 16 digits. Not the kernel's, which is a SHA. */
function tagOf(bytes: Uint8Array): string {
  let [low, high] = [0x811c9dc5, 0x1b873593];
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ (low >>> 7);
  }
  return hex(new Uint8Array(Uint32Array.of(low, high).buffer));
}
