/**
 * Bytes in memory as such: storing constants, filling with zeros, copying from place to place.
 *
 * All of it is done with the largest words that the alignment of the places allows.
 * @module
 */
import type { AccessBytes, Operand } from "../../ir/operation.ts";
import type { Lowering } from "../lowering.ts";
import { readWord } from "../scalar-words.ts";
import { callHelper } from "./helper-call.ts";
import { copyBytesOut, loadWord } from "./load.ts";
import { addressOf, alignmentOf, type DirectPlace, memoryKind } from "./place.ts";

/** Stores a word `offset` bytes into a place. */
export function storeWord(
  lowering: Lowering,
  place: DirectPlace,
  {
    offset,
    bytes,
    stored,
  }: { readonly offset: number; readonly bytes: AccessBytes; readonly stored: Operand },
): void {
  const { address } = place;
  const at = address.offset + offset;
  if (address.kind === "slot") {
    lowering.builder.effect({ kind: "store-slot", slot: address.slot, offset: at, bytes, stored });
    return;
  }
  const { base } = address;
  const memory = memoryKind(place);
  lowering.builder.effect({ kind: "store", base, offset: at, bytes, stored, memory });
}

/** Stores known bytes at the start of a place. */
export function storeBytes(lowering: Lowering, place: DirectPlace, bytes: Uint8Array): void {
  for (const { offset, size } of words(0, bytes.length, alignmentOf(place))) {
    storeWord(lowering, place, { offset, bytes: size, stored: readWord(bytes, offset, size) });
  }
}

/** Fills bytes `from` to `to` of a place with zeros. */
export function storeZeros(lowering: Lowering, place: DirectPlace, from: number, to: number): void {
  const alignment = alignmentOf(place);
  for (const { offset, size } of words(from, to, alignment)) {
    storeWord(lowering, place, { offset, bytes: size, stored: 0n });
  }
}

/** Longest copy made of loads and stores; a longer one is left to a helper. */
const longestUnrolled = 256;

/** Copies the first bytes of a place to another one. */
export function copyBytes(
  lowering: Lowering,
  {
    from,
    to,
    bytes,
  }: { readonly from: DirectPlace; readonly to: DirectPlace; readonly bytes: number },
): void {
  if (bytes === 0) return;
  if (from.region.access !== "direct" || from.region.memory === "kernel") {
    copyBytesOut(lowering, { from, to, bytes });
  } else if (bytes > longestUnrolled) {
    callHelper(lowering, "probe_read_kernel", [to, BigInt(bytes), addressOf(lowering, from)]);
  } else {
    copyWords(lowering, { from, to, bytes });
  }
}

function copyWords(
  lowering: Lowering,
  {
    from,
    to,
    bytes,
  }: { readonly from: DirectPlace; readonly to: DirectPlace; readonly bytes: number },
): void {
  const alignment = Math.min(alignmentOf(from), alignmentOf(to));
  for (const { offset, size } of words(0, bytes, alignment)) {
    const part = { ...from, address: { ...from.address, offset: from.address.offset + offset } };
    const stored = loadWord(lowering, part, { bytes: size, signed: false });
    storeWord(lowering, to, { offset, bytes: size, stored });
  }
}

/** A word of a range of bytes. */
export interface Word {
  readonly offset: number;
  readonly size: AccessBytes;
}

/** Words that together are bytes `from` to `to`, each on a multiple of its size and none larger than `largest`. */
export function* words(from: number, to: number, largest: number): Generator<Word, void> {
  for (let offset = from; offset < to;) {
    let size = largest;
    while (offset % size !== 0 || offset + size > to) size /= 2;
    yield { offset, size: size as AccessBytes };
    offset += size;
  }
}
