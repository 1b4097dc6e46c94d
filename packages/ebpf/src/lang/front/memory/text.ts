/**
 * Text in memory: storing, comparing.
 *
 * A string of TypeScript is a `char` array that ends at its first zero byte. It is compared with constants only, in
 * words of 8 bytes, and copied into arrays of another size as far as there is room.
 * @module
 */
import type { Operand } from "../../ir/operation.ts";
import { branch } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import type { SourceRange } from "../diagnostics.ts";
import type { Entity, Place } from "../entity.ts";
import type { Lowering, Targets } from "../lowering.ts";
import { readWord } from "../scalar-words.ts";
import type { TextType } from "../type.ts";
import { copyBytes, storeBytes, storeZeros, words } from "./bytes.ts";
import { copyBytesOut, loadWord } from "./load.ts";
import { alignmentOf, type DirectPlace, stackPlace } from "./place.ts";

const encoder = new TextEncoder();

/** Stores text in a `char` array; what it leaves of the array becomes zeros. */
export function storeText(
  lowering: Lowering,
  place: DirectPlace & { readonly type: TextType },
  { entity, node }: { readonly entity: Entity; readonly node: SourceRange },
): void {
  if (entity.kind === "constant" && typeof entity.value === "string") {
    storeBytes(lowering, place, textBytes(lowering, entity.value, place.type.size, node));
  } else if (entity.kind === "place" && entity.type.kind === "text") {
    copyText(lowering, entity as DirectPlace, place);
  } else if (entity.kind === "pending" && entity.fits(place.type)) {
    entity.fill(place);
  } else {
    const hint = "text takes texts: a constant, a template, a field of chars(…)";
    lowering.fail(node, `${describeEntity(entity)} cannot be stored as ${place.type.name}`, hint);
  }
}

/** A text as it lies in an array of this size, zeros behind it. */
function textBytes(lowering: Lowering, text: string, size: number, node: SourceRange): Uint8Array {
  const bytes = new Uint8Array(size);
  const encoded = encoder.encode(text);
  if (encoded.length >= size) {
    const message = `${JSON.stringify(text)} takes ${encoded.length} bytes and a zero, and there is room for ${size}`;
    lowering.fail(node, message, "make the field longer");
  }
  bytes.set(encoded);
  return bytes;
}

function copyText(lowering: Lowering, from: DirectPlace, to: DirectPlace): void {
  const bytes = Math.min(from.type.size, to.type.size);
  copyBytes(lowering, { from, to, bytes });
  // A longer text is cut; its last byte has to be the zero that ends it.
  if (from.type.size > bytes) storeZeros(lowering, to, bytes - 1, bytes);
  else storeZeros(lowering, to, bytes, to.type.size);
}

/** Goes where a comparison of text in memory with a constant leads. */
export function branchOnText(
  lowering: Lowering,
  { place, text, whole }: { readonly place: Place; readonly text: string; readonly whole: boolean },
  targets: Targets,
): void {
  const encoded = encoder.encode(text);
  // The whole text is compared with the zero that ends it, unless it fills the array.
  const compared = whole ? new Uint8Array([...encoded, 0]) : encoded;
  const size = place.type.size;
  const fits = encoded.length < size || (!whole && encoded.length === size);
  if (!fits) return lowering.jump(targets.else);
  const near = nearPlace(lowering, place, compared.length);
  for (const { offset, size: bytes } of words(0, compared.length, alignmentOf(near))) {
    const at = { ...near, address: { ...near.address, offset: near.address.offset + offset } };
    const found = loadWord(lowering, at, { bytes, signed: bytes === 8 });
    const wanted = readWord(compared, offset, bytes, false);
    goOnWhenEqual(lowering, found, { wanted, targets });
  }
  lowering.jump(targets.then);
}

function goOnWhenEqual(
  lowering: Lowering,
  found: Operand,
  { wanted, targets }: { readonly wanted: Operand; readonly targets: Targets },
): void {
  const next = lowering.flowEnd();
  branch(lowering, [found, "eq", wanted], { then: next, else: targets.else });
  lowering.enter(next);
}

/** The first bytes of a text where loads reach them. */
export function nearPlace(lowering: Lowering, place: Place, bytes: number): DirectPlace {
  const direct = place as DirectPlace;
  const isNear = place.region.access === "direct" && place.region.memory !== "kernel";
  if (isNear) return direct;
  const copy = stackPlace(lowering, { ...place.type, size: bytes }, "text");
  copyBytesOut(lowering, { from: direct, to: copy, bytes });
  return copy;
}

/** Text constants that are compared with each other are compared here. */
export function isText(entity: Entity): entity is Place & { readonly type: TextType } {
  return entity.kind === "place" && entity.type.kind === "text";
}
