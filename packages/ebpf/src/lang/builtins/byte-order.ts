/**
 * Between this machine's order of bytes and the network's, which has the high byte first.
 *
 * In a program a value of network order is its bits as they came from the packet, so on machines that store the low
 * byte first both directions are the same exchange of bytes, and on others nothing happens.
 * @module
 */
import { littleEndian } from "../../base/bytes.ts";
import type { be16, be32, be64 } from "../../types/value.ts";

/** A port, an EtherType: from network order. */
export function ntohs(value: be16 | number): number {
  return swap16(value);
}

/** To network order. */
export function htons(value: number): be16 {
  return swap16(value) as unknown as be16;
}

/** An IPv4 address: from network order. */
export function ntohl(value: be32 | number): number {
  return swap32(value);
}

/** To network order. */
export function htonl(value: number): be32 {
  return swap32(value) as unknown as be32;
}

/** 64 bits from network order. */
export function ntohll(value: be64 | bigint): bigint {
  return swap64(value);
}

/** To network order. */
export function htonll(value: bigint): be64 {
  return swap64(value) as unknown as be64;
}

function swap16(value: number): number {
  if (!littleEndian) return value & 0xffff;
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

function swap32(value: number): number {
  if (!littleEndian) return value >>> 0;
  return ((swap16(value) << 16) | swap16(value >>> 16)) >>> 0;
}

function swap64(value: bigint): bigint {
  if (!littleEndian) return BigInt.asUintN(64, value);
  const low = swap32(Number(value & 0xffff_ffffn));
  const high = swap32(Number((value >> 32n) & 0xffff_ffffn));
  return (BigInt(low) << 32n) | BigInt(high);
}
