/**
 * Values of layouts as text for people, and as JSON for programs.
 * @module
 */
import { printable } from "../terminal/printable.ts";

/** A value on one line; what strangers could have put into it is made safe to show. */
export function cellOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return scalarCell(value);
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return `[${value.map(cellOf).join(", ")}]`;
  if (value instanceof Date) return value.toISOString();
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${cellOf(field)}`);
  return `{ ${fields.join(", ")} }`;
}

function scalarCell(value: unknown): string {
  if (typeof value === "string") return printable(value);
  if (typeof value === "symbol") return printable(value.toString());
  return value === undefined ? "" : `${value as number | bigint | boolean | null}`;
}

/**
 * A value for `JSON.stringify`: integers of 64 bits are numbers as long as JSON's readers keep them exact, and text
 * beyond that; bytes are hexadecimal digits.
 */
export function jsonOf(value: unknown): unknown {
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== "object" || value === null || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, jsonOf(field)]));
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
