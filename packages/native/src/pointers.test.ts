import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { socket } from "./testing/kernel-words.ts";
import { UnixSocket } from "./testing/unix-socket.ts";

const bridge = loadBridge();
const noSuchCommand = 0x7fff_ffff;

// A struct sock_fprog (include/uapi/linux/filter.h): how many instructions, and at byte 8 their address.
function oneInstruction(): Uint8Array {
  return Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
}

// BPF_RET | BPF_K: keep this many bytes of each packet.
function keep(bytes: number): Uint8Array {
  return Uint8Array.of(0x06, 0, 0, 0, bytes, 0, 0, 0);
}

function attach(fd: number, program: Uint8Array, instructions: Uint8Array, offset: number): number {
  const pointers = [program, 8, instructions, offset];
  return bridge.setSocketOption(fd, socket.solSocket, socket.soAttachFilter, program, pointers);
}

describe("pointers", () => {
  it("lead the kernel to the memory and offset given", () => {
    using unix = new UnixSocket();
    const instructions = new Uint8Array(16);
    instructions.set(keep(3), 8);
    assert.equal(attach(unix.fd, oneInstruction(), instructions, 8), 0);
    assert.equal(unix.send(new Uint8Array(10)), 10);
    assert.equal(unix.receive(new Uint8Array(10)), 3);
  });

  it("are gone after the call", () => {
    using unix = new UnixSocket();
    const program = oneInstruction();
    assert.equal(attach(unix.fd, program, keep(3), 0), 0);
    assert.deepEqual(program, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  });

  it("are gone after a bpf call, the rest of its attributes is as it was", () => {
    const attr = new Uint8Array(24).fill(7);
    const table = new Uint8Array(16).fill(9);
    const pointers = [attr, 8, table, 0, table, 3, attr, 24];
    assert.ok(bridge.bpf(noSuchCommand, attr, pointers) < 0);
    assert.deepEqual(
      [...attr],
      [7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7],
    );
    assert.deepEqual([...table], [9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9]);
  });

  it("find attributes through another view of the same memory", () => {
    const attr = new Uint8Array(32).fill(7);
    const window = attr.subarray(8, 16);
    assert.ok(bridge.bpf(noSuchCommand, attr, [window, 0, attr, 0]) < 0);
    assert.deepEqual([...window], [0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("may be thousands", () => {
    const count = 5000;
    const table = new Uint8Array(count * 8).fill(1);
    const pointers = Array.from({ length: count }, (_, index) => [
      table,
      index * 8,
      table,
      index,
    ]).flat();
    assert.ok(bridge.bpf(noSuchCommand, new Uint8Array(8), pointers) < 0);
    assert.ok(table.every((byte) => byte === 0));
  });

  it("stay inside the memory", () => {
    const attr = new Uint8Array(16);
    const refused = (pointers: readonly (Uint8Array | number)[], message: RegExp): void =>
      assert.throws(() => bridge.bpf(noSuchCommand, attr, pointers), { message });
    refused(
      [attr, 9, attr, 0],
      /^bpf: pointers\[1\] must be an offset inside the memory before it$/,
    );
    refused([attr, -1, attr, 0], /^bpf: pointers\[1\] must be/);
    refused([attr, 0, attr, 17], /^bpf: pointers\[3\] must be/);
    refused([attr, 0, attr, 0.5], /^bpf: pointers\[3\] must be/);
    refused([attr, 0, attr, 0, attr.subarray(0, 7), 0, attr, 0], /^bpf: pointers\[5\] must be/);
    refused([attr, 0, 8, 0], /^bpf: pointers\[2\] must be a Uint8Array$/);
    refused([attr, 0, attr], /^bpf: pointers must have four entries per address$/);
  });

  it("cannot be used to take memory away in the middle", () => {
    const attr = new Uint8Array(16);
    const target = new Uint8Array(64);
    const pointers: (Uint8Array | number)[] = [attr, 0, target, 32];
    Object.defineProperty(pointers, 3, {
      get: () => {
        structuredClone([attr, target], { transfer: [attr.buffer, target.buffer] });
        return 32;
      },
    });
    assert.throws(() => bridge.bpf(noSuchCommand, attr, pointers), RangeError);
  });

  it("pass on what a getter throws", () => {
    const pointers: number[] = [];
    Object.defineProperty(pointers, 3, {
      get: () => {
        throw new SyntaxError("from the getter");
      },
    });
    assert.throws(() => bridge.bpf(noSuchCommand, new Uint8Array(8), pointers), SyntaxError);
  });
});
