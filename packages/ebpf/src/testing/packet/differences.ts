/**
 * How two packets differ, in words: fields by name, payload as rows of hexadecimal digits.
 * @module
 */
import { bytesEqual, hex } from "../../base/bytes.ts";
import { plural } from "../../base/text.ts";
import { differingRows } from "../byte-rows.ts";
import type { Layer } from "./layer.ts";
import { parsePacket } from "./parse.ts";

/** A line for each difference: `ipv4.ttl is 63, expected 64`; none when the packets are the same. */
export function packetDifferences(actual: Uint8Array, expected: Uint8Array): readonly string[] {
  if (bytesEqual(actual, expected)) return [];
  const found = parsePacket(actual);
  const wanted = parsePacket(expected);
  const lines: string[] = [];
  if (actual.length !== expected.length)
    lines.push(`it has ${plural(actual.length, "byte")}, expected ${expected.length}`);
  const [foundKinds, wantedKinds] = [kindsOf(found), kindsOf(wanted)];
  if (foundKinds === wantedKinds)
    return [...lines, ...found.flatMap((layer, index) => layerDifferences(layer, wanted[index]!))];
  return [
    ...lines,
    `it is ${foundKinds}, expected ${wantedKinds}`,
    ...differingRows(actual, expected),
  ];
}

/** `ethernet › ipv4 › udp`. */
function kindsOf(layers: readonly Layer[]): string {
  return layers.map(({ kind }) => kind).join(" › ");
}

function layerDifferences(found: Layer, wanted: Layer): readonly string[] {
  if (found.kind === "payload" && wanted.kind === "payload")
    return differingRows(found.data, wanted.data);
  const fields = wanted as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(found)
    .map(([name, value]) => [name, text(value), text(fields[name])] as const)
    .filter(([, is, expected]) => is !== expected)
    .map(([name, is, expected]) => `${found.kind}.${name} is ${is}, expected ${expected}`);
}

function text(value: unknown): string {
  if (value instanceof Uint8Array) return value.length === 0 ? "empty" : hex(value, " ");
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join("+");
  return String(value);
}
