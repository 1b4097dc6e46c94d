/**
 * Settings of the kernel's build, for variables of programs that stand for them.
 *
 * They are read from /proc/config.gz, or from the file that distributions put into /boot or beside the modules, and written
 * as the bytes that the variable's type wants. A few other facts go by the same names: `LINUX_KERNEL_VERSION`, `LINUX_HAS_…`.
 * Source of the rules: `bpf_object__read_kconfig_file` and what it calls, in tools/lib/bpf/libbpf.c.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { NotFoundError } from "../kernel/errors.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";

const decoder = new TextDecoder();

/** The settings of a kernel; files are read when something in them is asked for. */
export class KernelSettings {
  readonly #kernel: Kernel;
  #built: ReadonlyMap<string, string> | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /**
   * Gives `variable` the value of the setting it stands for; nothing when it is weak and there is none.
   * @throws {InvalidArgumentError} when there is none, or it is of another type.
   */
  set(variable: GlobalSpec<unknown>): void {
    const { name, setting, layout } = variable;
    if (setting === undefined) return;
    const text = this.#textOf(name);
    if (text === undefined && setting.weak) return;
    if (text === undefined) throw this.#unknown(name);
    const bytes = new Uint8Array(layout.size);
    if (!writers[setting.type](text, bytes)) {
      throw new InvalidArgumentError(
        `${name} is ${text} in this kernel, which is no ${setting.type} of ${layout.size} bytes`,
        { hint: "declare it with another type" },
      );
    }
    variable.value = layout.read(viewOf(bytes), 0);
  }

  #textOf(name: string): string | undefined {
    return facts.get(name)?.(this.#kernel) ?? this.#settings.get(name);
  }

  get #settings(): ReadonlyMap<string, string> {
    this.#built ??= readSettings(this.#kernel);
    return this.#built;
  }

  #unknown(name: string): InvalidArgumentError {
    const hint = didYouMean(name, [...facts.keys(), ...this.#settings.keys()]);
    const elsewhere =
      this.#kernel.kind === "simulated"
        ? `say what it is with kernel.addSetting("${name}", …), or "settings" in the file of --world`
        : "declare it __weak, so that it is zero where there is none";
    return new InvalidArgumentError(`this kernel has no setting ${name}`, {
      hint: hint ?? elsewhere,
    });
  }
}

/** What is known of the kernel beside its settings. */
const facts: ReadonlyMap<string, (kernel: Kernel) => string> = new Map([
  [
    "LINUX_KERNEL_VERSION",
    (kernel) => {
      const [major = 0, minor = 0, patch = 0] = releaseOf(kernel).split(/\D/, 3).map(Number);
      // KERNEL_VERSION in include/linux/version.h
      return String(major * 65536 + minor * 256 + Math.min(patch, 255));
    },
  ],
  ["LINUX_HAS_BPF_COOKIE", ({ version }) => (isAtLeast(version, [5, 15]) ? "y" : "n")],
  [
    "LINUX_HAS_SYSCALL_WRAPPER",
    (kernel) => {
      const symbols = decoder.decode(kernel.readFile("/proc/kallsyms"));
      return /\s__(?:x64|arm64|s390x|ia32|riscv)_sys_bpf$/m.test(symbols) ? "y" : "n";
    },
  ],
]);

function readSettings(kernel: Kernel): ReadonlyMap<string, string> {
  const lines = configText(kernel).matchAll(/^(?<name>CONFIG_\w+)=(?<value>.+)$/gm);
  return new Map(Array.from(lines, ({ groups }) => [groups!["name"]!, groups!["value"]!]));
}

function configText(kernel: Kernel): string {
  const packed = readIfThere(kernel, "/proc/config.gz");
  // Loaded here, so that this file runs in browsers too.
  if (packed !== undefined)
    return decoder.decode(process.getBuiltinModule("node:zlib").gunzipSync(packed));
  const release = releaseOf(kernel);
  const text =
    readIfThere(kernel, `/boot/config-${release}`) ??
    readIfThere(kernel, `/lib/modules/${release}/config`);
  return text === undefined ? "" : decoder.decode(text);
}

function releaseOf(kernel: Kernel): string {
  return decoder.decode(kernel.readFile("/proc/sys/kernel/osrelease")).trim();
}

function readIfThere(kernel: Kernel, path: string): Uint8Array | undefined {
  try {
    return kernel.readFile(path);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Writes the text of a setting as a value of a type; `false` when it is none of that type, or does not fit. */
type Write = (text: string, bytes: Uint8Array) => boolean;

const writers: Readonly<Record<NonNullable<GlobalSpec<unknown>["setting"]>["type"], Write>> = {
  bool: (text, bytes) => writeNumber({ y: 1n, n: 0n }[text], bytes),
  // enum libbpf_tristate: TRI_NO, TRI_YES, TRI_MODULE
  tristate: (text, bytes) => writeNumber({ n: 0n, y: 1n, m: 2n }[text], bytes),
  char: (text, bytes) =>
    /^[ynm]$/.test(text)
      ? writeNumber(BigInt(text.charCodeAt(0)), bytes)
      : writeNumber(numberIn(text), bytes),
  int: (text, bytes) => writeNumber(text === "y" ? 1n : text === "n" ? 0n : numberIn(text), bytes),
  text: (text, bytes) => {
    if (!text.startsWith('"') || bytes.length === 0) return false;
    const inner = text.slice(1, text.endsWith('"') ? -1 : undefined);
    // What does not fit is cut off, and a zero byte ends it.
    new TextEncoder().encodeInto(inner, bytes.subarray(0, bytes.length - 1));
    return true;
  },
};

function numberIn(text: string): bigint | undefined {
  const found = /^(?<sign>-?)(?<digits>0x[\da-f]+|\d+)$/i.exec(text)?.groups;
  if (found === undefined) return undefined;
  const digits = BigInt(found["digits"]!);
  return found["sign"] === "-" ? -digits : digits;
}

function writeNumber(value: bigint | undefined, bytes: Uint8Array): boolean {
  if (value === undefined || bytes.length > 8) return false;
  const bits = 8 * bytes.length;
  if (value >= 1n << BigInt(bits) || value < -(1n << BigInt(bits - 1))) return false;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt.asIntN(64, value), true);
  bytes.set(new Uint8Array(view.buffer, 0, bytes.length));
  return true;
}
