/**
 * The checker in the place of the verifier: before a simulated kernel takes a program.
 *
 * What the checker says is written into the log that the caller gave, in the words of the kernel, and a refusal
 * fails with the kernel's errno; so whoever explains rejections of the kernel explains these. What the checker cannot decide
 * is let through, or refused, as the simulated kernel was told; the log says so in either case.
 * @module
 */
import { parseBtf, type Btf } from "../../btf/btf.ts";
import { MalformedError } from "../../base/errors.ts";
import type { ProgLoad, VerifierLogBuffer } from "../../kernel/commands.ts";
import { errno } from "../../kernel/errno.ts";
import { checkProgram, type CheckResult } from "../check/check-program.ts";
import { checkedProgram } from "../check/from-load.ts";
import type { CheckedMap } from "../check/program.ts";
import { failed } from "../errno.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf } from "../object.ts";
import { SimulatedBtf } from "../simulated-btf.ts";

/**
 * Whether programs are checked before they are loaded. `lenient` takes those about which the checker cannot decide,
 * `strict` refuses them, `off` takes all.
 */
export type Checking = "lenient" | "strict" | "off";

/** How a program is verified. */
export interface Verifying {
  readonly checking: Checking;
  readonly maps: readonly SimulatedMap[];
  /** Types of the kernel that is simulated. */
  readonly kernelTypes: Btf | undefined;
}

/** 0, or the negated errno that loading fails with. Writes the log. */
export function verify(attributes: ProgLoad, { checking, maps, kernelTypes }: Verifying): number {
  if (checking === "off") return 0;
  const program = checkedProgram(
    { ...attributes, onProgram: attributes.attachProg !== undefined },
    { maps: maps.map(shapeOf), types: typesOf(attributes.progBtf), kernelTypes },
  );
  const { log } = attributes;
  const result = checkProgram(program, (log?.level ?? 0) > 1 ? { listing: "states" } : {});
  const text = textOf(result, checking);
  const fits = log === undefined || writeLog(log, text);
  if (result.verdict === "refused") return fits ? -errno[result.errno] : failed.noSpace;
  const isRefused = result.verdict === "undecided" && checking === "strict";
  return isRefused ? failed.invalid : 0;
}

function textOf(result: CheckResult, checking: Checking): string {
  if (result.verdict !== "undecided") return result.log;
  const end = checking === "strict" ? "is refused" : "is taken unchecked";
  return `${result.log}\nthe checker does not know: ${result.reason}; the program ${end}\n`;
}

/** Writes what fits of the log, its end first, as the kernel does; whether all did. */
function writeLog(log: VerifierLogBuffer, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  const room = log.buffer.length - 1;
  log.trueSize = bytes.length + 1;
  const shown = bytes.subarray(Math.max(0, bytes.length - room));
  log.buffer.set(shown);
  log.buffer[shown.length] = 0;
  return bytes.length <= room;
}

/** Shapes by map: two programs with one map get one shape. */
const shapes = new WeakMap<SimulatedMap, CheckedMap>();

function shapeOf(map: SimulatedMap): CheckedMap {
  const constant = isConstant(map);
  const known = shapes.get(map);
  if (known !== undefined && (known.frozen !== undefined) === constant) return known;
  const { mapType: type, mapName, btfValueTypeId, ...sizes } = map.attributes;
  const shape: CheckedMap = {
    name: mapName ?? "",
    type,
    keySize: sizes.keySize,
    valueSize: sizes.valueSize,
    maxEntries: sizes.maxEntries,
    flags: sizes.mapFlags ?? [],
    types: typesIn(map.btf),
    valueType: btfValueTypeId,
    inner: map.inner === undefined ? undefined : shapeOf(map.inner),
    frozen: constant ? contentOf(map) : undefined,
  };
  shapes.set(map, shape);
  return shape;
}

function isConstant({ frozen, attributes }: SimulatedMap): boolean {
  const { mapType, maxEntries, mapFlags = [] } = attributes;
  return frozen && mapType === "array" && maxEntries === 1 && mapFlags.includes("rdonly_prog");
}

function contentOf(map: SimulatedMap): Uint8Array {
  const value = new Uint8Array(map.attributes.valueSize);
  map.read(new Uint8Array(4), value);
  return value;
}

/** Types that describe a program; damaged ones describe nothing. */
function typesOf(btf: ProgLoad["progBtf"]): Btf | undefined {
  return typesIn(btf && objectOf(btf, SimulatedBtf));
}

function typesIn(btf: SimulatedBtf | undefined): Btf | undefined {
  if (btf === undefined) return undefined;
  try {
    return parseBtf(btf.bytes);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
