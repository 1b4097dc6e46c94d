/**
 * Maps and programs made with the bare bridge: attributes by offset, instructions by bytes.
 *
 * Offsets are those of union bpf_attr (include/uapi/linux/bpf.h), instructions are encoded as RFC 9669 section 3 says.
 * @module
 */
import assert from "node:assert/strict";
import type { Pointers } from "../bridge.ts";
import { loadBridge } from "../load.ts";
import { command, errno } from "./kernel-words.ts";

/** Attributes of `size` bytes with 32-bit numbers at the given offsets. */
export function attributes(size: number, numbers: Readonly<Record<number, number>>): Uint8Array {
  const attr = new Uint8Array(size);
  const view = new DataView(attr.buffer);
  for (const [offset, value] of Object.entries(numbers))
    view.setUint32(Number(offset), value, true);
  return attr;
}

/** A descriptor that is closed at the end of the scope. */
export class TestFd implements Disposable {
  readonly number: number;

  constructor(number: number) {
    assert.ok(number >= 0, `errno ${-number}`);
    this.number = number;
  }

  [Symbol.dispose](): void {
    loadBridge().close(this.number);
  }
}

interface MapShape {
  readonly type: number;
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries: number;
  readonly flags?: number;
}

/** BPF_MAP_CREATE */
export function createMap({
  type,
  keySize = 0,
  valueSize = 0,
  maxEntries,
  flags = 0,
}: MapShape): TestFd {
  const attr = attributes(72, { 0: type, 4: keySize, 8: valueSize, 12: maxEntries, 16: flags });
  return new TestFd(loadBridge().bpf(command.mapCreate, attr, []));
}

/** What an instruction has beside its operation; zero where left out. */
export interface Operands {
  readonly destination?: number;
  readonly source?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/** One instruction of 8 bytes. */
export function instruction(
  operation: number,
  { destination = 0, source = 0, offset = 0, immediate = 0 }: Operands = {},
): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, operation);
  view.setUint8(1, destination | (source << 4));
  view.setInt16(2, offset, true);
  view.setInt32(4, immediate, true);
  return bytes;
}

/** Operations the tests use: class, size or source, and operation of RFC 9669 sections 4 and 5. */
export const code = {
  move: 0xb7,
  moveRegister: 0xbf,
  add: 0x07,
  jumpEqual: 0x15,
  store: 0x7b,
  storeWord: 0x62,
  wide: 0x18,
  call: 0x85,
  exit: 0x95,
} as const;

/** BPF_PROG_LOAD of an XDP program (type 6). */
export function loadXdp(instructions: readonly Uint8Array[]): TestFd {
  const bytes = Buffer.concat(instructions);
  const license = Buffer.from("GPL\0");
  const log = new Uint8Array(1 << 16);
  const attr = attributes(128, { 0: 6, 4: instructions.length, 24: 1, 28: log.length });
  const pointers: Pointers = [attr, 8, bytes, 0, attr, 16, license, 0, attr, 32, log, 0];
  const fd = loadBridge().bpf(command.progLoad, attr, pointers);
  assert.ok(fd >= 0, Buffer.from(log.buffer).toString("latin1").replace(/\0.*/su, ""));
  return new TestFd(fd);
}

/** BPF_PROG_TEST_RUN on a packet of 64 zeros; the kernel gives up when a signal is pending, then it is repeated. */
export function testRun(program: TestFd, repeat = 1): void {
  const packet = new Uint8Array(64);
  let result = -4;
  while (result === -4) {
    const attr = attributes(80, { 0: program.number, 8: packet.length, 32: repeat });
    result = loadBridge().bpf(command.progTestRun, attr, [attr, 16, packet, 0]);
  }
  assert.equal(result, 0);
}

/** That the process may use BPF; otherwise these tests cannot mean anything. */
export function assertPrivileged(): void {
  const result = loadBridge().bpf(
    command.mapCreate,
    attributes(72, { 0: 2, 4: 4, 8: 8, 12: 1 }),
    [],
  );
  assert.notEqual(result, -errno.EPERM, "these tests need root");
  loadBridge().close(result);
}
