/**
 * One instruction: what is known after it.
 *
 * A total record over the kinds of instructions changes a state in place. Kinds that part ways or leave a function are
 * the business of `flow/walk.ts`.
 * @module
 */
import type {
  Atomic,
  Instruction,
  InstructionKind,
  InstructionOf,
  Size,
  SignedSize,
  WideLoad,
} from "../../../isa/instruction.ts";
import { registerNumber, type Operand, type Register } from "../../../isa/register.ts";
import { callHelper } from "../helper/call.ts";
import { kernelVariable } from "../kernel-memory/variable.ts";
import { callKfunc } from "../kfunc/call.ts";
import { accessMemory, type Surroundings } from "../memory/access.ts";
import { arithmetic } from "../number/arithmetic.ts";
import { originFrom } from "../number/origin.ts";
import { byteSwapped, signExtended } from "../number/part.ts";
import { constantScalar, lowHalf, sizedScalar, unknownScalar, withId } from "../number/scalar.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { currentFrame } from "../state/state.ts";
import { assertAligned, isPointer, pointer, unset, type Value } from "../state/value.ts";
import { asNumber, calculate } from "./calculate.ts";

/** Changes the state to what is known after the instruction. */
export function step(around: Surroundings, instruction: Instruction): void {
  (steps[instruction.kind] as Step<Instruction>)(around, instruction);
}

/**
 * The kernel rewrites loads and stores of some kinds of addresses, so that one instruction must not meet them and others
 * (`save_aux_ptr_type`).
 */
function assertSameKind({ state, kinds }: Surroundings, base: Register): void {
  const { kind } = currentFrame(state).registers[registerNumber(base)]!;
  const known = kinds.get(state.slot);
  if (known === undefined) kinds.set(state.slot, kind);
  else if (known !== kind && (rewritten.has(known) || rewritten.has(kind))) {
    throw new Refusal("same insn cannot be used with different pointers", "EINVAL");
  }
}

const rewritten: ReadonlySet<string> = new Set([
  "ctx",
  "sock",
  "sock_common",
  "tcp_sock",
  "xdp_sock",
  "ptr_",
]);

type Step<It> = (around: Surroundings, it: It) => void;

const elsewhere = (): void => {};

const steps: { readonly [Kind in InstructionKind]: Step<InstructionOf<Kind>> } = {
  alu: stepAlu,
  negate: (around, it) => {
    const value = asNumber(read(around, it.dst));
    const negated = arithmetic("sub", it.width, constantScalar(0n), value);
    write(around, it.dst, { ...negated, origin: originFrom(value.origin) });
  },
  "byte-swap": (around, it) => {
    const value = read(around, it.dst);
    // Nothing is known of parts of addresses, not even how many bytes they have.
    const swapped = value.kind === "scalar" ? byteSwapped(value, it) : unknownScalar;
    write(around, it.dst, { ...swapped, origin: originFrom(asNumber(value).origin) });
  },
  movsx: (around, it) => {
    const value = read(around, it.src);
    if (value.kind !== "scalar") {
      write(around, it.dst, it.width === 32 ? lowHalf(unknownScalar) : unknownScalar);
      return;
    }
    tie(around, it.src);
    const extended = signExtended(asNumber(read(around, it.src)), bitsOf(it.from), it.width);
    write(around, it.dst, { ...extended, origin: originFrom(value.origin) });
  },
  "addr-space-cast": (around, it) => {
    read(around, it.src);
    assertArena(around, it);
    write(around, it.dst, it.from === 1 ? pointer("arena") : unknownScalar);
  },
  "percpu-address": () => {
    throw new Refusal("BPF_ALU uses reserved fields", "EINVAL");
  },
  load: (around, it) => {
    assertSameKind(around, it.base);
    const value = accessMemory(around, { ...placeOf(around, it), size: bytesOf(it.size) });
    assertNumber(around, it, value);
    write(around, it.dst, it.size.startsWith("s") ? extended(value, it.size as SignedSize) : value);
  },
  store: (around, it) => {
    assertSameKind(around, it.base);
    if (typeof it.src === "string" && read(around, it.base).kind === "fp") tie(around, it.src);
    const stored = operand(around, it.src);
    const place = placeOf(around, it);
    accessMemory(around, { ...place, size: bytesOf(it.size), stored: forMemory(place.to, stored) });
  },
  atomic: stepAtomic,
  "load-acquire": (around, it) => {
    assertAtomicPlace(read(around, it.base), it.base, it.kind);
    assertAtomicAligned(placeOf(around, it), bytesOf(it.size));
    write(around, it.dst, accessMemory(around, { ...placeOf(around, it), size: bytesOf(it.size) }));
  },
  "store-release": (around, it) => {
    const stored = read(around, it.src);
    const place = placeOf(around, it);
    assertAtomicPlace(place.to, it.base, it.kind);
    assertAtomicAligned(place, bytesOf(it.size));
    accessMemory(around, { ...place, size: bytesOf(it.size), stored: forMemory(place.to, stored) });
  },
  "wide-load": stepWideLoad,
  "packet-load": (around, it) => {
    if (!loadsPackets.has(around.program.type)) {
      throw new Refusal(
        "BPF_LD_[ABS|IND] instructions not allowed for this program type",
        "EINVAL",
      );
    }
    if (read(around, "r6").kind !== "ctx") {
      throw new Refusal("at the time of BPF_LD_ABS|IND R6 != pointer to skb", "EINVAL");
    }
    if (it.index !== undefined) read(around, it.index);
    if (around.state.references.size > 0) {
      throw new Refusal("BPF_LD_[ABS|IND] would lead to reference leak", "EINVAL");
    }
    if (around.state.locks.length > 0) {
      throw new Refusal("BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region", "EINVAL");
    }
    const { registers } = currentFrame(around.state);
    registers.fill(unset, 1, 6);
    registers[0] = { ...sizedScalar(4), origin: originFrom() };
  },
  jump: elsewhere,
  "long-jump": elsewhere,
  "jump-if": (around, it) => {
    read(around, it.dst);
    operand(around, it.src);
  },
  "may-goto": elsewhere,
  "call-helper": (around, it) => callHelper(around, it.id),
  "call-kfunc": callKfunc,
  "call-local": elsewhere,
  exit: elsewhere,
  nospec: () => {
    throw new Refusal("unknown opcode c0", "EINVAL");
  },
};

/** Between what programs and what user space call the same place, in programs with an arena. */
function assertArena(
  { functions }: Surroundings,
  { to, from }: InstructionOf<"addr-space-cast">,
): void {
  if (!functions.usesArena) {
    throw new Refusal(
      "addr_space_cast insn can only be used in a program that has an associated arena",
      "EINVAL",
    );
  }
  if ((to === 0 && from === 1) || (to === 1 && from === 0)) return;
  throw new Refusal(
    "addr_space_cast insn can only convert between address space 1 and 0",
    "EINVAL",
  );
}

function stepAlu(around: Surroundings, it: InstructionOf<"alu">): void {
  const { newId } = around;
  const name = `R${registerNumber(it.dst)}`;
  if (it.op === "mov" && typeof it.src === "string") tie(around, it.src);
  const b = operand(around, it.src);
  const a = it.op === "mov" ? unknownScalar : read(around, it.dst);
  write(around, it.dst, calculate(it, { a, b, name, newId }));
}

/** A number that is copied gets an id, so that what is learned of one copy is known of all. */
function tie({ state, newId }: Surroundings, register: Register): void {
  const { registers } = currentFrame(state);
  const value = registers[registerNumber(register)]!;
  if (value.kind !== "scalar" || value.bits.mask === 0n) return;
  if (value.id !== 0 && value.added === undefined) return;
  registers[registerNumber(register)] = withId(value, newId());
}

function stepAtomic(around: Surroundings, it: Atomic): void {
  const size = bytesOf(it.size);
  const place = placeOf(around, it);
  const source = read(around, it.src);
  if (it.op === "cmpxchg") read(around, "r0");
  if (source.kind === "unset") throw new Refusal(`R${registerNumber(it.src)} !read_ok`);
  assertAtomicPlace(place.to, it.base, "atomic");
  assertAtomicAligned(place, size);
  const into = registerOfOld(it);
  // The old value counts as loaded before anything is stored.
  if (into === it.base) throw new Refusal(`${place.name} invalid mem access 'scalar'`);
  const old = accessMemory(around, { ...place, size });
  accessMemory(around, { ...place, size, stored: sizedScalar(size) });
  if (into !== undefined) write(around, into, old);
}

/** The register that gets what was there before. */
function registerOfOld({ op, src }: Atomic): Register | undefined {
  if (op === "cmpxchg") return "r0";
  return op.startsWith("fetch_") || op === "xchg" ? src : undefined;
}

/** Atomic operations are aligned wherever they go, but in arenas. */
function assertAtomicAligned(
  { to, offset }: { readonly to: Value; readonly offset: number },
  size: number,
): void {
  if (isPointer(to) && to.kind !== "arena") assertAligned(to, offset, { size, what: "value" });
}

function assertAtomicPlace(to: Value, base: Register, what: string): void {
  if (!isPointer(to) || !withoutAtomics.has(to.kind)) return;
  const name = what === "atomic" ? "BPF_ATOMIC stores" : "BPF_ATOMIC loads";
  throw new Refusal(`${name} into R${registerNumber(base)} ${to.kind} is not allowed`);
}

/** `atomic_ptr_type_ok`. */
const withoutAtomics: ReadonlySet<string> = new Set([
  "ctx",
  "pkt",
  "pkt_meta",
  "pkt_end",
  "flow_keys",
  "sock",
  "sock_common",
  "tcp_sock",
  "xdp_sock",
]);

function stepWideLoad({ program, state }: Surroundings, { dst, value }: WideLoad): void {
  const { registers } = currentFrame(state);
  registers[writable(dst)] = address();
  function address(): Value {
    if (typeof value === "bigint") return { ...constantScalar(value), origin: originFrom() };
    if (value.kind === "function" && (program.functions ?? []).length === 0)
      throw new Refusal("missing btf func_info", "EINVAL");
    if (value.kind === "function")
      return pointer("func", { place: state.slot + 1 + (value.target as number) });
    if (value.kind === "btf-id") return kernelVariable(program, value);
    if (value.kind === "map-fd" || value.kind === "map-fd-value")
      throw new Refusal(`fd ${value.fd} is not pointing to valid bpf_map`, "EBADF");
    if (value.kind !== "map-index" && value.kind !== "map-index-value") {
      throw new Undecided(`addresses of kind ${value.kind}`);
    }
    const map = program.maps?.[value.index];
    if (map === undefined) throw new Refusal(`fd_idx without fd_array is invalid`, "EINVAL");
    if (value.kind === "map-index") return pointer("map_ptr", { map });
    if (map.type === "arena") return { ...unknownScalar, origin: originFrom() };
    if (map.type !== "array" || map.maxEntries !== 1) {
      throw new Refusal("direct value offset of 0 is not allowed for this map type", "EINVAL");
    }
    if (value.offset < 0 || value.offset >= map.valueSize) {
      throw new Refusal(
        `invalid access to map value pointer, value_size=${map.valueSize} off=${value.offset}`,
        "EINVAL",
      );
    }
    return pointer("map_value", { map, offset: value.offset });
  }
}

const loadsPackets: ReadonlySet<string> = new Set([
  "socket_filter",
  "sched_cls",
  "sched_act",
  "cgroup_skb",
]);

/** Addresses in contexts are no numbers with a sign. */
function assertNumber(
  around: Surroundings,
  { base, size, offset }: InstructionOf<"load">,
  value: Value,
): void {
  if (!size.startsWith("s") || !isPointer(value) || read(around, base).kind !== "ctx") return;
  throw new Refusal(`invalid bpf_context access off=${offset} size=${bytesOf(size)}`);
}

/** Addresses are stored as they are on the stack only; elsewhere they become numbers. */
function forMemory(to: Value, stored: Value): Value {
  return isPointer(stored) && to.kind !== "fp" && to.kind !== "map_value" ? unknownScalar : stored;
}

function extended(value: Value, size: SignedSize): Value {
  const number = asNumber(value);
  const result = signExtended(withId(number, 0), bitsOf(size), 64);
  return { ...result, origin: originFrom(number.origin) };
}

/** Where a load or store goes. */
function placeOf(
  around: Surroundings,
  { base, offset }: { readonly base: Register; readonly offset: number },
): { readonly name: string; readonly to: Value; readonly offset: number } {
  return { name: `R${registerNumber(base)}`, to: read(around, base), offset };
}

function operand(around: Surroundings, source: Operand): Value {
  return typeof source === "number" ? constantScalar(BigInt(source)) : read(around, source);
}

function read({ state }: Surroundings, register: Register): Value {
  const number = registerNumber(register);
  const value = currentFrame(state).registers[number]!;
  if (value.kind === "unset") throw new Refusal(`R${number} !read_ok`);
  return value;
}

/** A number that comes from nowhere gets an origin, so that whether it counts can be told. */
function write({ state }: Surroundings, register: Register, value: Value): void {
  const known =
    value.kind === "scalar" && value.origin === undefined
      ? { ...value, origin: originFrom() }
      : value;
  currentFrame(state).registers[writable(register)] = known;
}

function writable(register: Register): number {
  if (register === "r10") throw new Refusal("frame pointer is read only");
  return registerNumber(register);
}

function bytesOf(size: Size | SignedSize): number {
  return bitsOf(size) / 8;
}

function bitsOf(size: Size | SignedSize): 8 | 16 | 32 {
  return Number(size.slice(1)) as 8 | 16 | 32;
}
