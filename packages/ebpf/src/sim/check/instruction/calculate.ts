/**
 * Arithmetic on registers: on numbers, and on addresses as far as that is allowed.
 *
 * A number may be added to or taken from an address with 64 bits, and the address keeps what it leads to; everything
 * else makes it a number or is refused: `adjust_ptr_min_max_vals` of kernel/bpf/verifier.c.
 * @module
 */
import type { Alu } from "../../../isa/instruction.ts";
import { arithmetic } from "../number/arithmetic.ts";
import { markPrecise, originFrom } from "../number/origin.ts";
import {
  constantOf,
  constantScalar,
  type Scalar,
  sizedScalar,
  unknownScalar,
  lowHalf,
} from "../number/scalar.ts";
import { Refusal } from "../refusal.ts";
import { isPointer, type Pointer, type Value } from "../state/value.ts";

/** What an operation has to do with. */
export interface Operands {
  readonly a: Value;
  readonly b: Value;
  /** `R3`, for messages. */
  readonly name: string;
  readonly newId: () => number;
}

/** What `dst` holds after the operation. Both operands are set. */
export function calculate({ op, width, src }: Alu, operands: Operands): Value {
  const { a, b, name } = operands;
  if (op === "mov") return width === 64 ? b : isPointer(b) ? sizedScalar(4) : low(b as Scalar);
  if (src === 0 && (op === "div" || op === "mod")) throw new Refusal("div by zero", "EINVAL");
  if (typeof src === "number" && op.endsWith("sh") && (src < 0 || src >= width)) {
    throw new Refusal(`invalid shift ${src}`, "EINVAL");
  }
  if (a.kind === "arena") return a;
  if (!isPointer(a) && !isPointer(b)) {
    const [x, y] = [asNumber(a), asNumber(b)];
    const result = { ...arithmetic(op, width, x, y), origin: originFrom(x.origin, y.origin) };
    return op === "add" && width === 64 ? stillTied(result, x, y) : result;
  }
  if (op === "sub" && (width === 32 || (isPointer(a) && isPointer(b)))) return unknownScalar;
  if (isPointer(a) && isPointer(b)) {
    throw new Refusal(`${name} pointer ${symbols[op] ?? op} pointer prohibited`);
  }
  if (width === 32) throw new Refusal(`${name} 32-bit pointer arithmetic prohibited`);
  if (op === "sub" && isPointer(b))
    throw new Refusal(`${name} tried to subtract pointer from scalar`);
  if (op !== "add" && op !== "sub") {
    const bitwise = op === "and" || op === "or" || op === "xor";
    const kind = bitwise ? "bitwise operator" : "pointer arithmetic with";
    throw new Refusal(
      `${name} ${kind} ${symbols[op] ?? op}${bitwise ? " on pointer" : " operator"} prohibited`,
    );
  }
  if (op === "sub" && a.kind === "fp") {
    throw new Refusal(`${name} subtraction from stack pointer prohibited`);
  }
  const moved = isPointer(a) ? a : (b as Pointer);
  const by = asNumber(isPointer(a) ? b : a);
  if (op === "sub") assertSane(moved, by);
  return move(moved, op === "add" ? by : arithmetic("sub", 64, constantScalar(0n), by), operands);
}

/** A number to which a small constant is added once stays tied to those it equalled (`BPF_ADD_CONST`). */
function stillTied(result: Scalar, from: Scalar, by: Scalar): Scalar {
  const added = constantOf(by);
  const signed = BigInt.asIntN(64, added ?? 0n);
  const fits = added !== undefined && signed === BigInt.asIntN(32, signed);
  if (from.id === 0 || from.added !== undefined || !fits) return result;
  return { ...result, id: from.id, added: signed };
}

function low(value: Scalar): Scalar {
  return value.wide.umax <= 0xffffffffn ? value : lowHalf(value);
}

const symbols: Readonly<Record<string, string>> = {
  add: "+=",
  and: "&=",
  or: "|=",
  xor: "^=",
  mul: "*=",
  lsh: "<<=",
  rsh: ">>=",
  div: "/=",
};

const limit = 1n << 29n;

function move(to: Pointer, by: Scalar, { name, newId }: Operands): Value {
  const constant = constantOf(by);
  if (to.nullable) {
    throw new Refusal(
      `${name} pointer arithmetic on ${to.kind}_or_null prohibited, null-check it first`,
    );
  }
  const isFixedKind = fixedKinds.has(to.kind) && constant !== 0n;
  if (isFixedKind || (to.kind === "flow_keys" && constant === undefined)) {
    throw new Refusal(`${name} pointer arithmetic on ${to.kind} prohibited`);
  }
  markPrecise(by.origin);
  assertSane(to, by);
  if (constant !== undefined) {
    const offset = to.offset + Number(by.wide.smin);
    assertSaneOffset(to.kind, offset);
    return { ...to, offset };
  }
  const { bits, wide, low } = arithmetic("add", 64, to.variable, by);
  const variable = { ...to.variable, bits, wide, low };
  assertSane(to, variable);
  const packet = to.kind === "pkt" || to.kind === "pkt_meta";
  return packet ? { ...to, variable, id: newId(), range: 0 } : { ...to, variable };
}

/** `check_reg_sane_offset`: no address may be moved so far that it could wrap. */
function assertSane(to: Pointer, { wide: { smin } }: Scalar): void {
  if (smin > -limit && smin < limit) return;
  const what =
    smin === -(1n << 63n)
      ? `math between ${to.kind} pointer and register with unbounded min value is not allowed`
      : `value ${smin} makes ${to.kind} pointer be out of bounds`;
  throw new Refusal(what, "EINVAL");
}

function assertSaneOffset(kind: string, offset: number): void {
  if (Math.abs(offset) < Number(limit)) return;
  throw new Refusal(`${kind} pointer offset ${offset} is not allowed`, "EINVAL");
}

const fixedKinds: ReadonlySet<string> = new Set([
  "map_ptr",
  "pkt_end",
  "sock",
  "sock_common",
  "tcp_sock",
  "xdp_sock",
]);

/** The number in a register; of what is none nothing is known. */
export function asNumber(value: Value): Scalar {
  return value.kind === "scalar" ? value : unknownScalar;
}
