/**
 * Arithmetic on registers: on numbers, and on addresses as far as that is allowed.
 *
 * A number may be added to or taken from an address with 64 bits, and the address keeps what it leads to; everything
 * else makes it a number or is refused: `adjust_ptr_min_max_vals` of kernel/bpf/verifier.c.
 * @module
 */
import type { Alu } from "../../isa/instruction.ts";
import { markPrecise, originFrom } from "./origin.ts";
import { Refusal } from "./refusal.ts";
import {
  arithmetic,
  constantOf,
  constantScalar,
  lowHalf,
  type Scalar,
  sizedScalar,
  unknownScalar,
} from "./scalar.ts";
import { isPointer, type Pointer, type Value } from "./value.ts";

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
  if (!isPointer(a) && !isPointer(b)) {
    const [x, y] = [asNumber(a), asNumber(b)];
    return { ...arithmetic(op, width, x, y), origin: originFrom(x.origin, y.origin) };
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
  return move(moved, op === "add" ? by : arithmetic("sub", 64, constantScalar(0n), by), operands);
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
  const { smin } = by.wide;
  if (smin <= -limit || smin >= limit) {
    throw new Refusal(
      `math between ${to.kind} pointer and register with unbounded min value is not allowed`,
    );
  }
  if (constant !== undefined) return { ...to, offset: to.offset + Number(smin) };
  const { bits, wide, low } = arithmetic("add", 64, to.variable, by);
  const variable = { ...to.variable, bits, wide, low };
  const packet = to.kind === "pkt" || to.kind === "pkt_meta";
  return packet ? { ...to, variable, id: newId(), range: 0 } : { ...to, variable };
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
