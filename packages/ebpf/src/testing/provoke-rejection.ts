/**
 * Provokes rejections on the running kernel, for tests of what is said about them.
 *
 * A theme's test gives the rules of the theme and small programs that break them. It fails when a rejection is explained
 * by another rule, and when a rule is neither provoked nor listed with the reason why it cannot be.
 * @module
 */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { add, mov } from "../asm/alu.ts";
import { assemble, type Item } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { jne } from "../asm/jump.ts";
import { ldx, st } from "../asm/memory.ts";
import { at } from "../asm/place.ts";
import { fromHex } from "../base/bytes.ts";
import { BtfBuilder } from "../btf/testing-builder.ts";
import { r0, r1, r10, r2, r3, r4, type Register } from "../isa/register.ts";
import type { MapCreate, ProgLoad } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { loadProgram } from "../program/load.ts";
import { program } from "../spec/program.ts";
import type { AnyProgramOptions, ProgramSpec } from "../spec/program-spec.ts";
import { tpBtf } from "../spec/tracepoint.ts";
import type { ProgramType } from "../spec/words.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "./needs.ts";
import { needsLinux } from "./needs-linux.ts";
import type { Rule } from "../verifier/rule.ts";
import { VerifierError } from "../verifier/verifier-error.ts";

/** A program that is rejected: by which rule it is explained, and what its cause says. */
export type Provocation = readonly [
  id: string,
  program: Provoking | (() => Provoking),
  cause: RegExp,
  instruction?: number,
];

/** A program, or one that is loaded with something besides. */
export type Provoking = ProgramSpec | LoadedWith;

/** A program that only kernels from a version on reject in this way. */
export interface LaterProvocation {
  readonly since: readonly [major: number, minor: number];
  readonly provocation: Provocation;
}

/** Provocations by what came with Linux `major.minor`. Programs are made when it is there: functions make them. */
export function since(
  major: number,
  minor: number,
  ...provocations: readonly Provocation[]
): readonly LaterProvocation[] {
  return provocations.map((provocation) => ({ since: [major, minor], provocation }));
}

/** Whether this kernel is Linux `major.minor` or newer: rejections were worded otherwise before. */
export function isSince(major: number, minor: number): boolean {
  return isAtLeast(kernel.version, [major, minor]);
}

/** How a rejection names the value of a map, whose name kernels print since 6.8. */
export function mapWords(name: string): string {
  return isSince(6, 8) ? `map "${name}"` : "a map";
}

/** A program with attributes that `loadProgram` does not know. */
export interface LoadedWith {
  readonly spec: ProgramSpec;
  readonly attributes: Partial<ProgLoad>;
}

/** What a test of a theme is made of. */
export interface Theme {
  readonly rules: readonly Rule[];
  readonly provocations: () => readonly (Provocation | LaterProvocation)[];
  /** Rules that cannot be provoked here, with the reason. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

/** Tests of all the provocations of a theme, and that they are complete. */
export function describeRejections(name: string, theme: Theme): void {
  const usable = needs("bpf", "ringbuf", "btf");
  describe(name, usable, () => {
    if (usable.skip !== false) return;
    const provocations = theme.provocations().map(asLater);
    for (const [index, { since: version, provocation }] of provocations.entries()) {
      const title = `are explained: ${provocation[0]} (${index})`;
      it(title, needsLinux(...version), () => check(provocation));
    }
    it("are all provoked", () => {
      const provoked = provocations.map(({ provocation: [id] }) => id);
      const known = [...provoked, ...Object.keys(theme.elsewhere ?? {})];
      const missing = theme.rules.filter(({ id }) => !known.includes(id)).map(({ id }) => id);
      assert.deepEqual(missing, []);
    });
  });
}

function asLater(given: Provocation | LaterProvocation): LaterProvocation {
  return "provocation" in given ? given : { since: [0, 0], provocation: given };
}

function check([id, given, cause, instruction]: Provocation): void {
  const loaded = typeof given === "function" ? given() : given;
  const { explanation, rejection, message } = provoke(loaded);
  assert.equal(explanation?.id, id, message);
  assert.match(explanation.cause, cause);
  for (const text of [explanation.cause, ...Object.values(explanation.suggestion)])
    assertWhole(text);
  if (instruction !== undefined) assert.equal(rejection.instruction, instruction, message);
}

/** No place in a text was left empty. */
function assertWhole(text: string): void {
  assert.doesNotMatch(text, /undefined|NaN|\{\w*\}| {2}| [,.:;)]|\( |^$/, text);
}

/** The error that loading ends with. Fails when the program loads. */
export function provoke(loaded: Provoking): VerifierError {
  const { spec, attributes } = "spec" in loaded ? loaded : { spec: loaded, attributes: {} };
  const error = failureOf(() => loadProgram(withAttributes(attributes), spec, maps()).close());
  assert.ok(error instanceof VerifierError, `${String(error)} is no rejection`);
  return error;
}

function failureOf(run: () => void): unknown {
  try {
    run();
    return "no error";
  } catch (error) {
    return error;
  }
}

const kernel = openNativeKernel();

/** The kernel, with attributes added to what is loaded. */
function withAttributes(added: Partial<ProgLoad>): Kernel {
  const bpf: Kernel["bpf"] = (command, attributes) =>
    kernel.bpf(command, command === "progLoad" ? { ...attributes, ...added } : attributes);
  return new Proxy(kernel, {
    get: (target, name) => {
      const value: unknown = name === "bpf" ? bpf : Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

let made: ReadonlyMap<string, Handle> | undefined;

/** The maps that the programs use: made when first asked for, closed when the file's tests are over. */
function maps(): ReadonlyMap<string, Handle> {
  made ??= makeMaps();
  return made;
}

after(() => {
  for (const handle of made?.values() ?? []) handle.close();
});

function makeMaps(): ReadonlyMap<string, Handle> {
  return new Map([
    makeMap("counts", { mapType: "hash", maxEntries: 4 }),
    makeMap("array", { valueSize: 64 }),
    makeMap("ring", { mapType: "ringbuf", keySize: 0, valueSize: 0, maxEntries: 4096 }),
    makeMap("locked", lockedValue()),
    makeMap("programs", { mapType: "prog_array", valueSize: 4 }),
    makeMap("constants", { mapFlags: ["rdonly_prog"] }),
    makeMap("sink", { mapFlags: ["wronly_prog"] }),
  ]);
}

/** An array of one 8-byte value, where nothing else is asked for. */
function makeMap(name: string, given: Partial<MapCreate>): readonly [string, Handle] {
  const shape = { mapType: "array", keySize: 4, valueSize: 8, maxEntries: 1 } as const;
  return [name, kernel.bpf("mapCreate", { ...shape, mapName: name, ...given })];
}

/** A value of a spin lock and a number, described by BTF, which the kernel keeps as long as the map. */
function lockedValue(): Partial<MapCreate> {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const lock = builder.struct("bpf_spin_lock", 4, [["val", int, 0]]);
  const value = builder.struct("value", 8, [
    ["lock", lock, 0],
    ["number", int, 32],
  ]);
  const btf = kernel.bpf("btfLoad", { btf: builder.build() });
  after(() => btf.close());
  return { btf, btfKeyTypeId: int, btfValueTypeId: value };
}

/** Programs of a type, from pieces. */
export function rejected(
  type: ProgramType,
  items: Item,
  options: AnyProgramOptions = {},
): ProgramSpec {
  return program(type, assemble(items), { name: "provocation", ...options });
}

/** A program on the BTF tracepoint sched_process_exec(task, old_pid, bprm). */
export function tracing(items: Item): ProgramSpec {
  return tpBtf("sched_process_exec", assemble(items), { name: "provocation" });
}

/** A program as bytes, for what cannot be assembled: each slot in hexadecimal. */
export function raw(...slots: readonly string[]): LoadedWith {
  return { spec: rejected("xdp", finish), attributes: { insns: fromHex(slots.join("")) } };
}

/** BTF id of a function of the kernel. */
export function kfunc(name: string): number {
  return kernelBtf(kernel).typeByName(name, "func").id;
}

/** Names of the functions that {@link described} can describe. */
type Described = "main" | "callback" | "global" | "nothing";

/** The attributes that tell the kernel what the functions at these slots are. */
export function described(
  ...functions: readonly (readonly [slot: number, Described])[]
): Partial<ProgLoad> {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const context = builder.ptr(0);
  const ids: Readonly<Record<Described, number>> = {
    main: builder.func("main", builder.proto(int, [["context", context]]), 0),
    callback: builder.func("callback", builder.proto(int, [["index", int]]), 0),
    global: builder.func("global", builder.proto(int, [["number", int]]), 1),
    nothing: builder.func("nothing", builder.proto(0, [["number", int]]), 1),
  };
  const progBtf = kernel.bpf("btfLoad", { btf: builder.build() });
  after(() => progBtf.close());
  const records = new Uint32Array(functions.flatMap(([slot, name]) => [slot, ids[name]]));
  return { progBtf, funcInfo: { recordSize: 8, bytes: new Uint8Array(records.buffer) } };
}

/** Returns 0. */
export const finish: Item = [mov(r0, 0), exit()];

/** `r0` is the address of the value with key 0, or 0. */
export function lookup(map: string): Item {
  return [st("u32", r10, -4, 0), call("map_lookup_elem", { name: map }, at(r10, -4))];
}

/** Returns 0 when `register` is 0. */
export function unlessNull(register: Register = r0): Item {
  return [jne(register, 0, 2), finish];
}

/** `r0` is a record of 16 bytes, or 0. */
export const reserve: Item = call("ringbuf_reserve", { name: "ring" }, 16, 0);

/** `r2` is where the packet starts, `r3` where it ends. For XDP. */
export const packet: Item = [ldx("u32", r2, r1, 0), ldx("u32", r3, r1, 4)];

/** `r4` is so many bytes behind the packet's start. */
export function packetEnd(length: number): Item {
  return [mov(r4, r2), add(r4, length)];
}

/** `register` is an address on the stack. */
export function stackAddress(register: Register, offset: number): Item {
  return [mov(register, r10), add(register, offset)];
}
