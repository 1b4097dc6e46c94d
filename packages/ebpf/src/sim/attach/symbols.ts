/**
 * Addresses of functions of the simulated kernel: made up, the same for the same name.
 * @module
 */

/** Where the kernel's text starts on x86-64: __START_KERNEL_map and what follows it. */
const textStart = 0xffff_ffff_8100_0000n;
const functionBytes = 64n;

/** Functions by name. */
export class Symbols {
  readonly #addresses = new Map<string, bigint>();

  /** Address of a function; a number in text is an address already. */
  addressOf(name: string): bigint {
    if (/^\d+$/.test(name)) return BigInt(name);
    const known = this.#addresses.get(name);
    if (known !== undefined) return known;
    const address = textStart + functionBytes * BigInt(this.#addresses.size);
    this.#addresses.set(name, address);
    return address;
  }
}
