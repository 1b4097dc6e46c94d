import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ExitCode } from "../exit-code.ts";
import { CaptureReader } from "./capture-reader.ts";

const launcher = join(import.meta.dirname, "../../bin/ts-ebpf.js");
let folder = "";
before(() => void (folder = mkdtempSync(join(tmpdir(), "ts-ebpf-pcap-"))));
after(() => rmSync(folder, { recursive: true }));

/** An Ethernet frame of `length` bytes and this type. */
function frame(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, 0xaa);
  bytes.writeUInt16BE(type, 12);
  return bytes;
}

const frames = [frame(0x0800, 60), frame(0x86dd, 80), frame(0x0806, 42), frame(0x0800, 14)];
const short = Buffer.alloc(10);

/** A capture of pcap, its numbers written by `put`. */
function pcap(put: "writeUInt32LE" | "writeUInt32BE", packets: readonly Buffer[]): Buffer {
  const words = (...all: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(all.length * 4);
    for (const [index, word] of all.entries()) bytes[put](word, index * 4);
    return bytes;
  };
  const header = words(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1);
  const records = packets.flatMap((it, index) => [words(7, index, it.length, it.length), it]);
  return Buffer.concat([header, ...records]);
}

/** A capture of pcapng with one interface that counts nanoseconds. */
function pcapng(packets: readonly Buffer[]): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const length = padded.length + 12;
    const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
    head.writeUInt32LE(type, 0);
    head.writeUInt32LE(length, 4);
    tail.writeUInt32LE(length, 0);
    return Buffer.concat([head, padded, tail]);
  };
  const words = (...all: readonly number[]): Buffer => Buffer.from(Uint32Array.from(all).buffer);
  const section = block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff));
  const options = Buffer.from([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
  const source = block(1, Buffer.concat([words(1, 65535), options]));
  const blocks = packets.map((it, index) =>
    block(6, Buffer.concat([words(0, 0, 1000 + index, it.length, it.length), it])),
  );
  return Buffer.concat([section, source, ...blocks]);
}

function readAll(bytes: Buffer): readonly (readonly [bytes: string, timeNs: bigint])[] {
  const path = join(folder, "read.pcap");
  writeFileSync(path, bytes);
  using reader = new CaptureReader(path);
  return [...reader.packets()].map((it) => [Buffer.from(it.bytes).toString("hex"), it.timeNs]);
}

describe("CaptureReader", () => {
  it("reads pcap in both byte orders, and pcapng", () => {
    const at = (time: (index: number) => bigint) =>
      frames.map((it, index) => [it.toString("hex"), time(index)]);
    const seconds = at((index) => 7_000_000_000n + BigInt(index) * 1000n);
    assert.deepEqual(readAll(pcap("writeUInt32LE", frames)), seconds);
    assert.deepEqual(readAll(pcap("writeUInt32BE", frames)), seconds);
    assert.deepEqual(
      readAll(pcapng(frames)),
      at((index) => 1000n + BigInt(index)),
    );
  });

  it("ends where the file is cut off, and refuses what is no capture", () => {
    assert.equal(readAll(pcap("writeUInt32LE", frames).subarray(0, -5)).length, 3);
    assert.throws(() => readAll(Buffer.from("no capture at all, but text")), {
      name: "MalformedError",
      message: /no capture of packets/,
    });
    const wrong = pcap("writeUInt32LE", frames);
    wrong.writeUInt32LE(0x7fffffff, 32);
    assert.throws(() => readAll(wrong), { name: "MalformedError", message: /\+0x18/ });
  });
});

const program = `
import { kernel, ntohs, packet, xdp } from "ts-ebpf";
export const onlyIpv4 = xdp((ctx) => {
  "use bpf";
  const ethernet = packet(ctx).next(kernel.ethhdr);
  if (!ethernet) return 1;
  return ntohs(ethernet.h_proto) === 0x0800 ? 2 : 1;
});
`;

function run(...words: readonly string[]) {
  const command = ["--conditions=@ts-ebpf/source", launcher, "sim", "pcap", ...words];
  return spawnSync(process.execPath, command, { encoding: "utf8" });
}

describe("ts-ebpf sim pcap", () => {
  it("counts verdicts, and writes what goes on", () => {
    const [input, output, file] = ["in.pcap", "out.pcap", "filter.ts"].map((it) =>
      join(folder, it),
    );
    writeFileSync(input!, pcapng([...frames, short]));
    writeFileSync(file!, program);
    const { status, stdout, stderr } = run(input!, file!, "-o", output!, "--json");
    assert.equal(status, ExitCode.ok, stderr);
    const { packets, verdicts, skipped, written } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual(
      { packets, verdicts, skipped, written },
      { packets: 5, verdicts: { pass: 2, drop: 2 }, skipped: 1, written: 2 },
    );
    const kept = readAll(readFileSync(output!)).map(([bytes]) => bytes);
    assert.deepEqual(kept, [frames[0]!.toString("hex"), frames[3]!.toString("hex")]);
  });

  it("takes an object file", () => {
    const [input, file, object] = ["in.pcap", "filter.ts", "filter.o"].map((it) =>
      join(folder, it),
    );
    writeFileSync(input!, pcap("writeUInt32LE", frames));
    writeFileSync(file!, program);
    const building = ["--conditions=@ts-ebpf/source", launcher, "build", file!, "-o", object!];
    spawnSync(process.execPath, building);
    const { status, stdout, stderr } = run(input!, object!, "--json");
    assert.equal(status, ExitCode.ok, stderr);
    const { verdicts } = JSON.parse(stdout) as { readonly verdicts: unknown };
    assert.deepEqual(verdicts, { pass: 2, drop: 2 });
  });

  it("says what is wrong with which file", () => {
    const file = join(folder, "filter.ts");
    writeFileSync(file, program);
    const input = join(folder, "in.pcap");
    writeFileSync(input, pcap("writeUInt32LE", frames));
    const check = (words: readonly string[], expected: RegExp): void => {
      const { status, stderr } = run(...words);
      assert.equal(status, ExitCode.failed);
      assert.match(stderr, expected);
    };
    check(
      [join(folder, "gone.pcap"), file],
      /there is no file .*gone\.pcap\n {2}hint: give a capture/,
    );
    check([folder, file], /cannot read .*: it is a folder/);
    check([input, file, "-o", folder], /cannot write .*: it is a folder/);
  });

  it("says what there is to choose from", () => {
    const [input, file] = ["one.pcap", "none.ts"].map((it) => join(folder, it));
    writeFileSync(input!, pcap("writeUInt32LE", frames));
    writeFileSync(file!, program);
    const { status, stderr } = run(input!, file!, "--name", "other");
    assert.equal(status, ExitCode.failed);
    assert.match(
      stderr,
      /no program for packets called "other"[\s\S]*the file has onlyIpv4 \(xdp\)/,
    );
  });
});
