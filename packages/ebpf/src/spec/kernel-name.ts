/**
 * Names as the kernel keeps them: at most 15 bytes of letters, digits, `_` and `.`.
 * @module
 */

/** Longest name of a map or program in the kernel: BPF_OBJ_NAME_LEN less the zero byte. */
const longest = 15;

/** What the kernel will call `name`: characters it refuses become `_`, what is over 15 characters is cut. */
export function kernelName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, "_").slice(0, longest);
}
