/**
 * Maps made with the bare bridge: attributes by their offsets in union bpf_attr (include/uapi/linux/bpf.h).
 * @module
 */
import assert from "node:assert/strict";
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
