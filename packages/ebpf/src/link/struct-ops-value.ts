/**
 * The value of a map of `struct_ops`: a struct of the kernel whose function pointers are programs.
 *
 * Members are found in the kernel's BTF. A program is named by its descriptor, which nobody here sees; so the value is
 * made of words, in some of which stands a handle.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { littleEndian, viewOf } from "../base/bytes.ts";
import type { Btf } from "../btf/btf.ts";
import type { StructOps, StructOpsMember } from "../btf/struct-ops.ts";
import type { ElementWords } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { StructOpsValue } from "../spec/struct-ops.ts";

/** What the members are. */
export interface StructOpsContents {
  readonly values: Readonly<Record<string, StructOpsValue>>;
  readonly programs: ReadonlyMap<string, Handle>;
}

/**
 * The words of the value.
 * @throws {InvalidArgumentError} when there is no such member, or it does not take such a value.
 */
export function encodeStructOps(
  btf: Btf,
  type: StructOps,
  { values, programs }: StructOpsContents,
): ElementWords {
  const bytes = new Uint8Array(type.valueSize);
  for (const [name, value] of Object.entries(values)) {
    const member = memberCalled(type, name, "value");
    const place = bytes.subarray(type.dataOffset + member.offset).subarray(0, member.sizeBytes);
    const kind = btf.resolve(member.type);
    if (kind.kind === "array") writeText(place, value, `${type.name}.${name}`);
    else writeInteger(place, value, { what: `${type.name}.${name}`, kind: kind.kind });
  }
  const words: (number | Handle)[] = [...new Uint32Array(bytes.buffer)];
  for (const [name, program] of programs) {
    const { offset } = memberCalled(type, name, "function");
    words[(type.dataOffset + offset) / 4 + (littleEndian ? 0 : 1)] = program;
  }
  return words;
}

function memberCalled(
  { name: type, members }: StructOps,
  name: string,
  kind: StructOpsMember["kind"],
): StructOpsMember {
  const found = members.find((member) => member.name === name);
  if (found?.kind === kind) return found;
  const names = members.filter((member) => member.kind === kind).map((member) => member.name);
  const what = found === undefined ? `has no member "${name}"` : `has "${name}" as a ${found.kind}`;
  throw new InvalidArgumentError(`${type} ${what}`, {
    hint:
      found === undefined
        ? (didYouMean(name, names) ?? `it has ${names.join(", ")}`)
        : `${name} is ${found.description}`,
  });
}

function writeText(place: Uint8Array, value: StructOpsValue, what: string): void {
  const bytes = new TextEncoder().encode(typeof value === "string" ? value : "");
  if (typeof value !== "string" || bytes.length >= place.length) {
    throw new InvalidArgumentError(
      `${what} is a text of at most ${place.length - 1} bytes, not ${JSON.stringify(String(value))}`,
    );
  }
  place.set(bytes);
}

function writeInteger(
  place: Uint8Array,
  value: StructOpsValue,
  { what, kind }: { readonly what: string; readonly kind: string },
): void {
  const isNumeric = kind === "int" || kind === "enum" || kind === "enum64";
  if (!isNumeric || typeof value === "string" || !isWhole(value)) {
    const takes = isNumeric ? "takes a whole number" : "can only be left out";
    throw new InvalidArgumentError(`${what} ${takes}, not ${JSON.stringify(String(value))}`);
  }
  const bits = 8 * place.length;
  const number = BigInt(value);
  if (BigInt.asUintN(bits, number) !== number && BigInt.asIntN(bits, number) !== number) {
    throw new InvalidArgumentError(`${what} has ${bits} bits, too few for ${number}`);
  }
  const whole = new Uint8Array(8);
  viewOf(whole).setBigInt64(0, number, littleEndian);
  place.set(littleEndian ? whole.subarray(0, place.length) : whole.subarray(8 - place.length));
}

function isWhole(value: number | bigint | boolean): boolean {
  return typeof value !== "number" || Number.isInteger(value);
}
