/**
 * Files in which a kernel tells of itself: its release, and the settings that it was built with.
 *
 * The release is that of the simulated version. Settings are those that were declared, and then no others: a file of
 * the machine's kernel would speak of another one.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { kindOf } from "../../base/given.ts";
import type { KernelVersion } from "../../kernel/feature.ts";

/** Value of a setting: a number, whether it is on, `"m"` for a module, or a text. */
export type SettingValue = number | bigint | boolean | string;

const encoder = new TextEncoder();
const packed = "/proc/config.gz";

/** What the kernel says of itself. */
export class KernelFiles {
  readonly #release: string;
  readonly #settings = new Map<string, string>();

  constructor(version: KernelVersion) {
    this.#release = version.join(".");
  }

  /** @throws {InvalidArgumentError} when settings are not called so, or have no such value. */
  addSetting(name: string, value: SettingValue): void {
    this.#settings.set(assertSetting(name), settingText(value, `setting ${name}`));
  }

  /** The bytes of a file; `"none"` when it must not be there, `undefined` when the kernel does not tell of itself in it. */
  read(path: string): Uint8Array | "none" | undefined {
    if (path === "/proc/sys/kernel/osrelease") return encoder.encode(`${this.#release}\n`);
    if (this.#settings.size === 0) return undefined;
    if (path === packed) return "none";
    if (path !== `/boot/config-${this.#release}`) return undefined;
    const lines = Array.from(this.#settings, ([name, text]) => `${name}=${text}\n`);
    return encoder.encode(lines.join(""));
  }
}

/** @throws {InvalidArgumentError} when no setting can be called so. */
export function assertSetting(name: string): string {
  if (/^CONFIG_\w+$/.test(name)) return name;
  throw new InvalidArgumentError(`"${name}" is no setting of a kernel`, {
    hint: "settings begin with CONFIG_; LINUX_KERNEL_VERSION follows from the version",
  });
}

/**
 * A value as the configuration of a kernel has it.
 * @throws {InvalidArgumentError} when it is none; `what` begins the message.
 */
export function settingText(value: unknown, what: string): string {
  if (typeof value === "boolean") return value ? "y" : "n";
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  if (typeof value !== "string") {
    const given = typeof value === "number" ? String(value) : kindOf(value);
    throw new InvalidArgumentError(`${what} is ${given}, not a whole number, a text or a boolean`, {
      hint: '"y", "m" and "n" mean on, module and off; other texts are texts',
    });
  }
  const isWritten = /^([ynm]|".*")$/.test(value);
  return isWritten ? value : `"${value}"`;
}
