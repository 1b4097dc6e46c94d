/**
 * Helpers that read and write memory, and look at text.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import type { Layout } from "../../layout/layout.ts";
import { loadValue, memoryOf, storeValue } from "../../layout/memory-object.ts";
import type { Source } from "../memory.ts";
import { failed } from "../../sim/errno.ts";
import type { HelperTable, HelperWorld, SimulatedHelper } from "./helper-table.ts";

/** The value at an address; zeros when it cannot be read. */
const read: SimulatedHelper = ({ memory }, layout: Layout<unknown>, from: Source) =>
  memory.read(layout, from) ?? loadValue(layout, new DataView(new ArrayBuffer(layout.size)), 0);

/** Text at an address up to its zero byte; empty when it cannot be read. */
const readText: SimulatedHelper = ({ memory }, from: Source) => {
  const bytes = memory.from(from);
  return bytes === undefined ? "" : cString(bytes);
};

/** Helpers by name. */
export const memoryHelpers: HelperTable = {
  probeRead: read,
  probeReadKernel: read,
  probeReadUser: read,
  copyFromUser: read,
  copyFromUserTask: read,
  probeReadStr: readText,
  probeReadKernelStr: readText,
  probeReadUserStr: readText,
  probeWriteUser: ({ memory }, to: Source, from: Source) => {
    const bytes = memory.from(from);
    return bytes !== undefined && memory.write(to, bytes) ? 0 : failed.fault;
  },
  strncmp: (_, left: string, right: string) => compare(left, right),
  strtol: (_, text: string, base: number | bigint, to: object) => parse(text, Number(base), to),
  strtoul: (_, text: string, base: number | bigint, to: object) =>
    /^\s*-/.test(text) ? failed.invalid : parse(text, Number(base), to),
  getNsCurrentPidTgid: (
    world: HelperWorld,
    _dev: bigint,
    _ino: bigint,
    layout: Layout<unknown>,
  ) => {
    const view = new DataView(new ArrayBuffer(layout.size));
    storeValue(layout, view, 0, { pid: world.tid, tgid: world.pid });
    return loadValue(layout, view, 0);
  },
};

const encoder = new TextEncoder();

/** As C's `strncmp`: the difference of the first bytes that differ. */
function compare(left: string, right: string): number {
  const [a, b] = [encoder.encode(left), encoder.encode(right)];
  for (let index = 0; index <= Math.min(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Reads a number off the start of `text` into an object in memory: characters read, or -EINVAL. */
function parse(text: string, base: number, to: object): number {
  const match = /^(\s*)(-?)(0x)?([0-9a-z]+)/i.exec(text);
  if (match === null) return failed.invalid;
  const [, blanks, sign, prefix = "", word] = match;
  const radix = base === 0 ? (prefix !== "" ? 16 : word!.startsWith("0") ? 8 : 10) : base;
  const end = word!
    .toLowerCase()
    .split("")
    .findIndex((it) => digits.indexOf(it) >= radix);
  const number = end === -1 ? word! : word!.slice(0, end);
  if (number === "") return failed.invalid;
  const amount = number
    .toLowerCase()
    .split("")
    .reduce((sum, it) => sum * BigInt(radix) + BigInt(digits.indexOf(it)), 0n);
  const memory = memoryOf(to);
  if (memory !== undefined)
    storeValue(memory.layout, memory.view, 0, sign === "-" ? -amount : amount);
  return blanks!.length + sign!.length + prefix.length + number.length;
}
