/**
 * Saying in JSON what a simulated kernel is and has: what a file for a command line, or for several tests, consists of.
 *
 * Each member is what an option or a method of {@link SimulatedKernel} takes. As in what happens, bytes are
 * `{ "hex": "…" }`, integers beyond 2^53 `{ "integer": "…" }`. All of it is looked at before a kernel is made.
 * @module
 */
import { assertWhole, assertWord } from "../base/arguments.ts";
import { InvalidArgumentError, MalformedError } from "../base/errors.ts";
import { assertMembers, kindOf } from "../base/given.ts";
import { parseBtf } from "../btf/btf.ts";
import { parseVersion } from "../kernel/feature.ts";
import { assertSetting, settingText, type SettingValue } from "./attach/kernel-files.ts";
import type { ProgramFile } from "./attach/program-file.ts";
import { fromJson } from "./fire/from-json.ts";
import { assertInjection, type EventLoss, type Injection } from "./injection.ts";
import {
  createSimulatedKernel,
  type SimulatedKernel,
  type SimulatedKernelOptions,
} from "./simulated-kernel.ts";
import type { Given, GivenObject } from "./typed/given.ts";
import type { SimulatedTask } from "./world.ts";

/** What a simulated kernel is and has. All of it may be left out. */
export interface KernelDeclaration {
  /** Its version: `"6.12"`. */
  readonly version?: string;
  /** Number of CPUs. */
  readonly cpus?: number;
  /** Start of the random numbers. */
  readonly seed?: number;
  /** Whether programs are checked before they are loaded: `lenient`, `strict` or `off`. */
  readonly checking?: SimulatedKernelOptions["checking"];
  /** Nanoseconds since boot. */
  readonly now?: number | bigint;
  /** CPU that programs run on. */
  readonly cpu?: number;
  /** What of the process is other than usual: `pid`, `comm`, `cgroupId`… */
  readonly task?: Partial<SimulatedTask>;
  /** Functions beside those of its types. */
  readonly functions?: readonly string[];
  /** Tracepoints beside those of its types: `category/name`, or the name of one for raw programs alone. */
  readonly tracepoints?: readonly string[];
  /** Network interfaces beside `lo`. */
  readonly interfaces?: readonly string[];
  /** Control groups by path, with their numbers; or paths alone. */
  readonly cgroups?: readonly string[] | { readonly [path: string]: number | bigint };
  /** Files by path: text, bytes, or the functions and USDT probes of a program. */
  readonly files?: { readonly [path: string]: string | Uint8Array | ProgramFile };
  /** File with the types of the kernel, as /sys/kernel/btf/vmlinux is. */
  readonly types?: string;
  /** What functions of the kernel give that programs call, by their names. */
  readonly kfuncs?: { readonly [name: string]: Given };
  /** What it was built with: `CONFIG_…`, numbers, `true`, `"m"`, texts. */
  readonly settings?: { readonly [name: string]: SettingValue };
  /** Calls of bpf(2) that fail or take time, and events that get lost, one behind the other. */
  readonly injections?: readonly (Injection | EventLoss)[];
  /** What iterators of a kind walk over. */
  readonly iterators?: { readonly [kind: string]: readonly GivenObject[] };
}

/**
 * A simulated kernel with all that `declaration` says, out of JSON; `options` are those that it does not say.
 * @throws {InvalidArgumentError} when a member of it cannot be meant.
 */
export function declaredKernel(
  declaration: unknown,
  options: SimulatedKernelOptions = {},
): SimulatedKernel {
  const said = fromJson(declaration);
  assertDeclaration(said);
  const { version, cpus, seed, checking, types } = said;
  const kernel = createSimulatedKernel({
    ...options,
    ...(types !== undefined && { btf: typesIn(types, options) }),
    ...(version !== undefined && { version: parseVersion(version)! }),
    ...(cpus !== undefined && { cpus }),
    ...(seed !== undefined && { seed }),
    ...(checking !== undefined && { checking }),
  });
  addNames(kernel, said);
  addFiles(kernel, said);
  setWorld(kernel, said);
  for (const injection of said.injections ?? []) kernel.inject(injection);
  return kernel;
}

/** @throws {InvalidArgumentError} when there is no such file, or it has no types. */
function typesIn(path: string, { files }: SimulatedKernelOptions): Uint8Array {
  const bytes = files?.(path);
  if (bytes === undefined) {
    throw new InvalidArgumentError(`"types" is "${path}", and there is no such file`, {
      hint: "give a file with BTF, such as a copy of /sys/kernel/btf/vmlinux",
    });
  }
  try {
    parseBtf(bytes, { path });
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new InvalidArgumentError(`"types" is "${path}", which has none: ${cause.message}`, {
      hint: "give a file with BTF, such as a copy of /sys/kernel/btf/vmlinux",
      cause,
    });
  }
  return bytes;
}

function addNames(
  kernel: SimulatedKernel,
  { functions = [], tracepoints = [], interfaces = [], ...declared }: KernelDeclaration,
): void {
  const { iterators = {}, kfuncs = {}, settings = {} } = declared;
  for (const name of functions) kernel.addFunction(name);
  for (const name of tracepoints) kernel.addTracepoint(name);
  for (const name of interfaces) kernel.addInterface(name);
  for (const [kind, objects] of Object.entries(iterators)) kernel.iterate(kind, objects);
  for (const [name, result] of Object.entries(kfuncs)) kernel.addKfunc(name, result);
  for (const [name, value] of Object.entries(settings)) kernel.addSetting(name, value);
}

function addFiles(kernel: SimulatedKernel, { cgroups = [], files = {} }: KernelDeclaration): void {
  if (Array.isArray(cgroups)) for (const path of cgroups as string[]) kernel.addCgroup(path);
  else for (const [path, id] of Object.entries(cgroups)) kernel.addCgroup(path, { id: BigInt(id) });
  for (const [path, file] of Object.entries(files)) {
    if (typeof file === "string") kernel.addFile(path, new TextEncoder().encode(file));
    else if (file instanceof Uint8Array) kernel.addFile(path, file);
    else kernel.addProgramFile(path, file);
  }
}

function setWorld({ world }: SimulatedKernel, { now, cpu, task }: KernelDeclaration): void {
  if (now !== undefined) world.now = BigInt(now);
  if (cpu !== undefined) world.cpu = cpu;
  if (task !== undefined) world.task = { ...world.task, ...task };
}

/** @throws {InvalidArgumentError} when `value` is none; `what` begins the message. */
type Check = (value: unknown, what: string) => void;

const isText: Check = (value, what) => {
  if (typeof value !== "string" || value === "") throw wrong(value, what, "a text");
};

const isListOf =
  (check: Check): Check =>
  (value, what) => {
    if (!Array.isArray(value)) throw wrong(value, what, "a list");
    for (const [index, item] of value.entries()) check(item, `${what}, number ${index + 1},`);
  };

const isObject: Check = (value, what) => {
  const isOther = Array.isArray(value) || value instanceof Uint8Array;
  if (typeof value !== "object" || value === null || isOther) throw wrong(value, what, "an object");
};

const isTableOf =
  (check: Check): Check =>
  (value, what) => {
    isObject(value, what);
    for (const [name, item] of Object.entries(value as object)) check(item, `${what} of "${name}"`);
  };

const isWhole =
  (least: number, most: number): Check =>
  (value, what) =>
    assertWhole(value, what, { least, most });

/** A whole number, also one beyond 2^53. */
const isLarge: Check = (value, what) => {
  if (typeof value !== "bigint") assertWhole(value, what, { least: 0 });
};

const isFile: Check = (value, what) => {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  assertMembers(value as object, ["functions", "probes"], what);
  const { functions = [], probes = [] } = value as { functions?: unknown; probes?: unknown };
  isListOf(isText)(functions, `"functions" of ${what}`);
  isListOf(isProbe)(probes, `"probes" of ${what}`);
};

const isProbe: Check = (value, what) => {
  assertMembers(value as object, ["provider", "name", "arguments"], what);
  const { provider, name, arguments: count } = value as Readonly<Record<string, unknown>>;
  isText(provider, `"provider" of ${what}`);
  isText(name, `"name" of ${what}`);
  isWhole(0, 12)(count, `"arguments" of ${what}`);
};

/** What a function can give out of JSON: everything but lists, which no function gives. */
const isResult: Check = (value, what) => {
  if (Array.isArray(value))
    throw wrong(
      value,
      what,
      "a number, or what a pointer leads to: an object, a text, bytes, null",
    );
};

const taskNumbers = ["pid", "tid", "uid", "gid", "ppid"] as const;
const otherOfTask = ["comm", "cgroupId", "fields", "mappings", "kernelStack", "userStack"] as const;

const isTask: Check = (value, what) => {
  assertMembers(value as object, [...taskNumbers, ...otherOfTask], what);
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of taskNumbers)
    if (given[name] !== undefined) isWhole(0, 2 ** 32 - 1)(given[name], `"${name}" of ${what}`);
  if (given["comm"] !== undefined) isText(given["comm"], `"comm" of ${what}`);
};

const checks: { readonly [Name in keyof Required<KernelDeclaration>]: Check } = {
  version: (value, what) => {
    if (typeof value !== "string" || parseVersion(value) === undefined)
      throw wrong(value, what, 'a version such as "6.12"');
  },
  cpus: isWhole(1, 8192),
  seed: isWhole(0, 2 ** 32 - 1),
  checking: (value, what) => assertWord(value as string, ["lenient", "strict", "off"], what),
  now: isLarge,
  cpu: isWhole(0, 8191),
  task: isTask,
  functions: isListOf(isText),
  tracepoints: isListOf(isText),
  interfaces: isListOf(isText),
  cgroups: (value, what) =>
    (Array.isArray(value) ? isListOf(isText) : isTableOf(isLarge))(value, what),
  files: isTableOf(isFile),
  types: isText,
  kfuncs: isTableOf(isResult),
  settings: (value, what) => {
    isTableOf((item, which) => settingText(item, which))(value, what);
    for (const name of Object.keys(value as object)) assertSetting(name);
  },
  injections: isListOf(assertInjection),
  iterators: isTableOf(isListOf(isObject)),
};

function assertDeclaration(said: unknown): asserts said is KernelDeclaration {
  const what = "what the simulated kernel has";
  assertMembers(said as object, Object.keys(checks), what);
  for (const [name, value] of Object.entries(said as object))
    checks[name as keyof KernelDeclaration](value, `"${name}"`);
  const { cpu = 0, cpus } = said as KernelDeclaration;
  if (cpus !== undefined && cpu >= cpus) {
    throw new InvalidArgumentError(`"cpu" is ${cpu}, and there are ${cpus} CPUs`, {
      hint: "the first one is 0",
    });
  }
}

function wrong(value: unknown, what: string, wanted: string): InvalidArgumentError {
  const given = typeof value === "string" ? JSON.stringify(value) : kindOf(value);
  return new InvalidArgumentError(`${what} is ${given}, not ${wanted}`);
}
