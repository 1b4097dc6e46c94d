/**
 * Integers: what is computed with 64 bits, what wraps, what is in network order.
 *
 * The functions are called by a program and, in the test, by JavaScript: both give the same.
 * @module
 */
import { config, global, htons, kernel, ntohs, packet } from "ts-ebpf";
import { s32, struct, u16, u32, u64, u8, xdp } from "ts-ebpf";

const XDP_PASS = 2;

/** What the functions are called with. */
const Given = struct("given", { a: u32, b: s32, total: u64, count: u64 });
const Results = struct("results", {
  difference: s32,
  wrapped: u8,
  quotient: s32,
  bits: u32,
  mean: u64,
  high: u32,
});

export const given = config("given", Given, { a: 0, b: 0, total: 0n, count: 0n });
export const results = global("results", Results, {
  difference: 0,
  wrapped: 0,
  quotient: 0,
  bits: 0,
  mean: 0n,
  high: 0,
});

// #region numbers
/** Numbers keep their sign and do not wrap: 3 - 5 is -2, also when both came from a u32. */
export function difference(a: number, b: number): number {
  "use bpf";
  return a - b;
}

/** A conversion cuts to the bits of its type. */
export function wrapped(a: number): number {
  "use bpf";
  return u8(a + 250);
}

/** There are no fractions: a quotient is cut off where it is written. */
export function quotient(a: number, b: number): number {
  "use bpf";
  return b === 0 ? 0 : Math.trunc(a / b);
}

/** Bitwise operators make 32 bits with sign, as in JavaScript; `>>> 0` takes the sign away. */
export function bits(a: number): number {
  "use bpf";
  return (a | 0x8000_0000) >>> 0;
}
// #endregion

// #region bigints
/** 64 bits are bigints. The quotient of bigints has no fraction anyway. */
export function mean(total: bigint, count: bigint): bigint {
  "use bpf";
  return count === 0n ? 0n : total / count;
}

/** From 64 to 32 bits and back only where it is written. */
export function high(value: bigint): number {
  "use bpf";
  return u32(value >> 32n);
}
// #endregion

export const compute = xdp(() => {
  "use bpf";
  const { a, b, total, count } = given.value;
  results.value.difference = difference(a, b);
  results.value.wrapped = wrapped(a);
  results.value.quotient = quotient(a, b);
  results.value.bits = bits(a);
  results.value.mean = mean(total, count);
  results.value.high = high(total);
  return XDP_PASS;
});

// #region network-order
export const port = global("port", u16, 0);

export const onPacket = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  const eth = pkt.next(kernel.ethhdr);
  if (!eth || eth.h_proto !== htons(0x0800)) return XDP_PASS;
  const ip = pkt.next(kernel.iphdr);
  if (!ip || ip.protocol !== 17) return XDP_PASS;
  const udp = pkt.next(kernel.udphdr);
  if (udp) port.value = ntohs(udp.dest);
  return XDP_PASS;
});
// #endregion
