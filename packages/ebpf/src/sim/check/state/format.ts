/**
 * A state as text, in the notation of the kernel's verifier log.
 * @module
 */
import { typeName } from "../memory/access.ts";
import { constantOf, type Scalar } from "../number/scalar.ts";
import { currentFrame, type State } from "./state.ts";
import { isFixed, isPointer, type Pointer, type Value } from "./value.ts";

/** Registers and stack slots of the current function that are set: `R1=ctx() R10=fp0 fp-8=0`. */
export function formatState(state: State): string {
  const frame = currentFrame(state);
  const registers = frame.registers.flatMap((value, number) =>
    value.kind === "unset" ? [] : [`R${number}=${formatValue(value)}`],
  );
  const stack = frame.stack.flatMap((slot, index) =>
    slot?.value === undefined ? [] : [`fp${index * 8 - 512}=${formatValue(slot.value)}`],
  );
  const depth = state.frames.length - 1;
  return [...(depth === 0 ? [] : [`frame${depth}:`]), ...registers, ...stack].join(" ");
}

/** One value. */
export function formatValue(value: Value): string {
  if (value.kind === "unset") return "?";
  if (value.kind === "scalar") return formatScalar(value);
  return isPointer(value)
    ? formatPointer(value)
    : `${value.kind}(id=${value.object},${value.state})`;
}

function formatScalar(scalar: Scalar): string {
  const constant = constantOf(scalar);
  if (constant !== undefined) return BigInt.asIntN(64, constant).toString();
  const { smin, smax, umin, umax } = scalar.wide;
  const fields = [
    ...(scalar.id === 0
      ? []
      : [`id=${scalar.id}${scalar.added === undefined ? "" : `+${scalar.added}`}`]),
    ...(smin === -(1n << 63n) ? [] : [`smin=${smin}`]),
    ...(smax === (1n << 63n) - 1n ? [] : [`smax=${smax}`]),
    ...(umin === 0n ? [] : [`umin=${umin}`]),
    ...(umax === (1n << 64n) - 1n ? [] : [`umax=${umax}`]),
    ...(scalar.bits.mask === (1n << 64n) - 1n
      ? []
      : [`var_off=(${hex(scalar.bits.value)}; ${hex(scalar.bits.mask)})`]),
  ];
  return `scalar(${fields.join(",")})`;
}

function formatPointer(to: Pointer): string {
  const { kind, id, offset, range, map, reference } = to;
  if (kind === "fp" && isFixed(to)) return `fp${offset}`;
  const fields = [
    ...(id === 0 ? [] : [`id=${id}`]),
    ...(reference === 0 ? [] : [`ref_obj_id=${reference}`]),
    ...(kind.startsWith("pkt")
      ? [`off=${offset}`, `r=${range}`]
      : offset === 0
        ? []
        : [`off=${offset}`]),
    ...(map === undefined ? [] : [`map=${map.name}`, `ks=${map.keySize}`, `vs=${map.valueSize}`]),
    ...(isFixed(to) ? [] : [`umax=${to.variable.wide.umax}`]),
  ];
  return `${typeName(to)}(${fields.join(",")})`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
