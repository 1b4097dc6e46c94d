/**
 * Running a command in a guest: another kernel on this machine's files.
 *
 * The guest sees all files of the host and may write to them, but what it writes is gone with it. Output, errors and the
 * exit code come back through serial ports of their own, so the console stays the kernel's.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpioArchive } from "./cpio.ts";
import { FollowedFile } from "./followed-file.ts";
import { parseResults, type TestResult } from "../test/results.ts";
import type { KernelImage } from "./kernel-image.ts";
import type { Emulator, GuestTools } from "./qemu.ts";

/** What a guest is made of. */
export interface GuestParts {
  readonly image: KernelImage;
  readonly emulator: Emulator;
  readonly tools: GuestTools;
}

/** What to run, and with what. */
export interface GuestRun {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly memoryMb?: number;
  readonly deadlineMs: number;
  readonly onOutput: (text: string) => void;
}

/** How a run ended: the exit code of the command and the results of tests, or what became of the guest. */
export type GuestEnd =
  | { readonly kind: "exit"; readonly code: number; readonly results: readonly TestResult[] }
  | { readonly kind: "timeout" | "died"; readonly console: string };

/** Boots a guest, runs the command, and waits for its end. */
export async function runInGuest(parts: GuestParts, run: GuestRun): Promise<GuestEnd> {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-guest-"));
  try {
    writeFileSync(join(folder, "initial.cpio"), initialFiles(parts, run));
    for (const port of ["console", ...ports]) writeFileSync(join(folder, port), "");
    const late = await emulateShowing(parts, run, folder);
    const status = readFileSync(join(folder, "status"), "utf8").trim();
    const results = parseResults(readFileSync(join(folder, "results"), "utf8"));
    if (status !== "") return { kind: "exit", code: Number(status), results };
    const console = readFileSync(join(folder, "console"), "utf8").split("\n").slice(-30).join("\n");
    return { kind: late ? "timeout" : "died", console };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the emulator and shows what the command writes. Whether the deadline ended it. */
async function emulateShowing(parts: GuestParts, run: GuestRun, folder: string): Promise<boolean> {
  using shown = new DisposableStack();
  for (const port of ["output", "errors"])
    shown.use(new FollowedFile(join(folder, port), run.onOutput));
  return await emulate(parts, run, folder);
}

/** Ports of the guest beside its console; `session.sh` finds them by these names. */
const ports = ["output", "errors", "results", "status"];

function initialFiles({ image, tools }: GuestParts, run: GuestRun): Uint8Array {
  const { modules, boot } = image;
  const settings = { MODULES: modules, BOOT: boot ?? "", MODPROBE: tools.modprobe, WRITABLE: "" };
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: "/root",
    TERM: "dumb",
    TMPDIR: "/dev/shm",
    NODE_COMPILE_CACHE: "/dev/shm/compiled",
    ...run.environment,
  };
  const assigned = (given: Readonly<Record<string, string>>, before = ""): string =>
    Object.entries(given)
      .map(([name, value]) => `${before}${name}=${quoted(value)}\n`)
      .join("");
  const command = `${assigned(environment, "export ")}cd ${quoted(run.folder)}\nexec ${run.command
    .map(quoted)
    .join(" ")}\n`;
  const own = cpioArchive([
    { path: "init", content: script("init.sh"), executable: true },
    { path: "session", content: script("session.sh"), executable: true },
    { path: "guest.env", content: assigned(settings) },
    { path: "command.sh", content: command },
  ]);
  return Buffer.concat([readFileSync(image.initialFiles), own]);
}

function script(name: string): Uint8Array {
  return readFileSync(join(import.meta.dirname, "guest", name));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Kernel options: BPF as security module, and no time spent on what tests do not need. */
const kernelOptions =
  "console=ttyS0 panic=-1 nokaslr mitigations=off lsm=landlock,lockdown,yama,bpf tsc=reliable no_timer_check " +
  "random.trust_cpu=1 cryptomgr.notests rcupdate.rcu_expedited=1 8250.nr_uarts=1 quiet loglevel=6";

/** Whether the deadline ended it. */
async function emulate(parts: GuestParts, run: GuestRun, folder: string): Promise<boolean> {
  const { program, options, environment } = parts.emulator;
  const machine = ["-M", "pc", "-m", String(run.memoryMb ?? 1536), "-smp", "2"];
  const emulation = ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max,la57=off"];
  const plain = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"];
  const kernel = ["-kernel", parts.image.kernel, "-initrd", join(folder, "initial.cpio")];
  const serial = ["-serial", `file:${join(folder, "console")}`, "-device", "virtio-serial-pci"];
  const files = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap";
  const channels = ports.flatMap((port) => [
    "-chardev",
    `file,id=${port},path=${join(folder, port)}`,
    "-device",
    `virtserialport,chardev=${port},name=${port}`,
  ]);
  const words = [...options, ...machine, ...emulation, ...plain, ...kernel];
  words.push("-append", kernelOptions, ...serial, ...channels, "-virtfs", files);
  const child = spawn(program, words, { env: environment, stdio: ["ignore", "ignore", "inherit"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), run.deadlineMs);
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return signal === "SIGKILL";
}
