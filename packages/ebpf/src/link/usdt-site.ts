/**
 * The description of a site of a USDT probe, as programs read it: `struct __bpf_usdt_spec`.
 * @module
 */
import { littleEndian, viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { ElfFile } from "../elf/elf.ts";
import type { UsdtProbe } from "../elf/usdt.ts";
import type { UsdtArgument } from "../elf/usdt-argument.ts";
import { mostUsdtArguments, usdtArgumentKinds, type UsdtSpecLayout } from "../spec/usdt-map.ts";
import { registerOffset } from "./pt-registers.ts";

/** What else belongs into a description. */
export interface SiteOptions {
  readonly cookie: bigint;
  readonly layout: UsdtSpecLayout;
}

/**
 * The bytes that describe a site of `file`.
 * @throws {InvalidArgumentError} when an argument is somewhere that a program cannot read it from, or there are too many.
 */
export function encodeUsdtSite(
  file: ElfFile,
  site: UsdtProbe,
  { cookie, layout }: SiteOptions,
): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  const view = viewOf(bytes);
  const { length } = site.arguments;
  if (length > mostUsdtArguments) {
    throw new InvalidArgumentError(`${nameOf(site)} has ${length} arguments`, {
      hint: `programs can read ${mostUsdtArguments} at most`,
    });
  }
  for (const [index, argument] of site.arguments.entries()) {
    const part = viewOf(bytes.subarray(layout.argument * index));
    const written = writeArgument(part, argument, { machine: file.machine, layout });
    if (!written) throw unreadable(site, argument);
  }
  view.setBigUint64(layout.cookie, cookie, littleEndian);
  view.setUint16(layout.count, length, littleEndian);
  return bytes;
}

/** Writes one argument; false when it cannot be said. */
function writeArgument(
  part: DataView,
  argument: UsdtArgument,
  { machine, layout }: { readonly machine: number; readonly layout: UsdtSpecLayout },
): boolean {
  if (argument.kind === "unknown") return false;
  part.setUint8(layout.kind, usdtArgumentKinds[argument.kind]);
  part.setUint8(layout.signed, argument.signed ? 1 : 0);
  part.setUint8(layout.unusedBits, 64 - 8 * argument.sizeBytes);
  if (argument.kind === "constant") {
    part.setBigInt64(layout.value, argument.value, littleEndian);
    return true;
  }
  const register = registerOffset(machine, argument.register);
  if (register === undefined) return false;
  part.setUint16(layout.register, register, littleEndian);
  if (argument.kind === "register") return true;
  part.setBigInt64(layout.value, argument.offset, littleEndian);
  if (argument.kind === "memory") return true;
  const index = registerOffset(machine, argument.index);
  if (index === undefined) return false;
  part.setUint16(layout.index, index | (Math.log2(argument.scale) << 12), littleEndian);
  return true;
}

function nameOf({ provider, name }: UsdtProbe): string {
  return `USDT probe ${provider}:${name}`;
}

function unreadable(site: UsdtProbe, { text }: UsdtArgument): InvalidArgumentError {
  const place = `0x${site.address.toString(16)}`;
  return new InvalidArgumentError(
    `${nameOf(site)} at ${place} has an argument in a place that cannot be read: ${text}`,
    { hint: "probe this site with uprobe({ path, offset }), whose context are the registers" },
  );
}
