/**
 * Names in BTF: the kernel takes only what could be a name in C.
 * @module
 */

/** Longest name the kernel takes everywhere: `KSYM_NAME_LEN` was 128 before Linux 6.1, the zero byte included. */
const longest = 127;

/** `name` as the kernel takes it: other characters than letters, digits and `_` become `_`. */
export function identifier(name: string): string {
  const text = name.replaceAll(/[^A-Za-z0-9_]/g, "_").slice(0, longest);
  return /^[A-Za-z_]/.test(text) ? text : `_${text}`.slice(0, longest);
}
