/**
 * A program of the simulated kernel: its instructions, ready to run, and the maps they use.
 * @module
 */
import { hex } from "../base/bytes.ts";
import { parseBtf } from "../btf/btf.ts";
import type { Linkage } from "../btf/type.ts";
import { decode } from "../isa/decode.ts";
import type { Instruction } from "../isa/instruction.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import type { BtfId, MapId, ProgramId } from "../kernel/handle.ts";
import type { ProgramInfo } from "../kernel/info.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { functionsOf } from "./check/from-load.ts";
import { failed } from "./errno.ts";
import { ArenaStore } from "./map/arena-store.ts";
import type { SimulatedMap } from "./map/simulated-map.ts";
import { objectOf, SimulatedObject } from "./object.ts";
import { ProgramStreams } from "./program-streams.ts";
import { SimulatedBtf } from "./simulated-btf.ts";
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
  /** Types that describe it. */
  readonly btf: SimulatedBtf | undefined;
  /** The function of another program that it is for. */
  readonly target: ProgramFunction | undefined;
  /** It was attached to that function once. */
  wasLinked = false;
  readonly #loadedAt: bigint;
  /** Maps that it keeps and does not use. */
  readonly #bound = new Set<SimulatedMap>();
  #structOps: SimulatedMap | undefined;
  runs = 0n;
  runTimeNs = 0n;
  readonly streams: ProgramStreams = new ProgramStreams();

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
    this.program = machine.program(withAddresses(instructions, maps), {
      arena: arenaOf(maps)?.window,
    });
    this.#loadedAt = now;
    this.btf = attributes.progBtf && objectOf(attributes.progBtf, SimulatedBtf);
    this.target = targetOf(attributes);
    const held = [...maps, this.btf, this.target?.program].filter((it) => it !== undefined);
    for (const object of held) object.hold();
    this.atEnd(() => {
      machine.release(this.program);
      for (const object of held) object.drop();
    });
  }

  /** Keeps a map as long as itself. */
  bind(map: SimulatedMap): void {
    if (this.maps.includes(map) || this.#bound.has(map)) return;
    this.#bound.add(map);
    this.#keep(map);
  }

  /** Works for the struct of functions of a map: 0 or a negated errno (`bpf_prog_assoc_struct_ops`). */
  associate(map: SimulatedMap): number {
    const isFunction = this.attributes.progType === "struct_ops";
    if (isFunction || map.attributes.mapType !== "struct_ops") return failed.invalid;
    if (this.#structOps !== undefined) return this.#structOps === map ? 0 : failed.busy;
    this.#structOps = map;
    this.#keep(map);
    return 0;
  }

  info(): ProgramInfo {
    const { attributes } = this;
    const maps = [...this.maps, ...this.#bound];
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
      mapIds: maps.map((map) => map.id as MapId),
      interfaceIndex: 0,
      netNamespace: { device: 0n, inode: 0n },
      btfId: (this.btf?.id ?? 0) as BtfId,
      attachBtfObjectId: 0 as BtfId,
      attachBtfTypeId: attributes.attachBtfId ?? 0,
      runTimeNs: this.runTimeNs,
      runCount: this.runs,
      recursionMisses: 0n,
      verifiedInstructions: attributes.insns.length / 8,
    };
  }

  #keep(map: SimulatedMap): void {
    map.hold();
    this.atEnd(() => map.drop());
  }
}

/** A function of a loaded program. */
export interface ProgramFunction {
  readonly program: SimulatedProgram;
  readonly name: string;
  /** Its first instruction. */
  readonly slot: number;
  readonly argumentCount: number;
  readonly linkage: Linkage;
}

/** The function that a program was loaded for; `undefined` when it is of none, or of one that is not there. */
function targetOf({ attachProg, attachBtfId }: ProgLoad): ProgramFunction | undefined {
  if (attachProg === undefined || attachBtfId === undefined) return undefined;
  const program = objectOf(attachProg, SimulatedProgram);
  const types = program.btf && parseBtf(program.btf.bytes);
  const found = [...(types?.types("func") ?? [])].find(({ id }) => id === attachBtfId);
  const row = functionsOf(program.attributes.funcInfo).find(({ type }) => type === attachBtfId);
  if (types === undefined || found === undefined || row === undefined) return undefined;
  const prototype = types.resolve(found.type);
  const argumentCount = prototype.kind === "func_proto" ? prototype.parameters.length : 0;
  return { program, name: found.name, slot: row.slot, argumentCount, linkage: found.linkage };
}

/** The arena among the maps of a program: there is one at most. */
export function arenaOf(maps: readonly SimulatedMap[]): ArenaStore | undefined {
  return maps.map(({ store }) => store).find((store) => store instanceof ArenaStore);
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
