/**
 * Functions of the kernel, from /proc/kallsyms.
 *
 * The list has some hundred thousand lines, so it is only read to say what is wrong with a name, and then as text.
 * @module
 */
import { type Files, hostFiles } from "./files.ts";

/** Names of all functions of the kernel and its modules; none where the list cannot be read. */
export function kernelFunctions(files: Files = hostFiles): ReadonlySet<string> {
  const text = files.text("/proc/kallsyms") ?? "";
  // A line is `ffffffff81000000 T name` or, of modules, `ffffffffc0000000 t name\t[module]`.
  const names = new Set<string>();
  for (const [, name] of text.matchAll(/^\S+ [tTwW] (\S+)/gm)) names.add(name!);
  return names;
}

/** Addresses of some functions of the kernel; those that may not be seen, or are not there, are missing. */
export function functionsAt(
  addresses: Iterable<bigint>,
  files: Files = hostFiles,
): ReadonlyMap<bigint, string> {
  const wanted = new Set(
    Array.from(addresses, (address) => address.toString(16).padStart(16, "0")),
  );
  const found = new Map<bigint, string>();
  if (wanted.size === 0) return found;
  for (const [, digits, name] of symbolLines(files)) {
    if (wanted.has(digits!)) found.set(BigInt(`0x${digits}`), name!);
  }
  return found;
}

/** Address of a function of the kernel; `undefined` when there is none, or when it may not be seen. */
export function addressOf(name: string, files: Files = hostFiles): bigint | undefined {
  for (const [, digits, found] of symbolLines(files)) {
    if (found === name) return BigInt(`0x${digits}`) || undefined;
  }
  return undefined;
}

/** A line is `ffffffff81000000 T name` or, of modules, `ffffffffc0000000 t name\t[module]`. */
function symbolLines(files: Files): Iterable<RegExpMatchArray> {
  const text = files.text("/proc/kallsyms") ?? "";
  return text.matchAll(/^([0-9a-f]{16}) [tTwW] (\S+)/gm);
}
