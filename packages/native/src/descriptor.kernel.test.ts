import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { loadBridge } from "./load.ts";
import { assertPrivileged, attributes, TestFd } from "./testing/bpf.ts";
import { errno } from "./testing/kernel-words.ts";

const bridge = loadBridge();
// include/uapi/linux/perf_event.h
const perf = {
  software: 1,
  cpuClock: 0,
  disabled: 1,
  enable: 0x2400,
  disable: 0x2401,
  id: 0x80082407,
} as const;

before(assertPrivileged);

describe("perfEventOpen", () => {
  it("opens an event that ioctl controls", () => {
    const attr = attributes(64, { 0: perf.software, 4: 64, 8: perf.cpuClock, 40: perf.disabled });
    using event = new TestFd(bridge.perfEventOpen(attr, 0, -1, -1, 0));
    assert.equal(bridge.ioctl(event.number, perf.enable, 0), 0);
    const id = new Uint8Array(8);
    assert.equal(bridge.ioctl(event.number, perf.id, id), 0);
    assert.notEqual(new DataView(id.buffer).getBigUint64(0, true), 0n);
    assert.equal(bridge.ioctl(event.number, perf.disable, 0), 0);
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${event.number}`, "utf8"));
    assert.match(flags?.[1] ?? "", /^0?2\d{6}$/); // O_CLOEXEC is 02000000
  });

  it("names a file by a pointer", () => {
    const type = Number(readFileSync("/sys/bus/event_source/devices/uprobe/type", "utf8"));
    const open = (path: string): number => {
      const attr = attributes(72, { 0: type, 4: 72, 40: perf.disabled });
      const bytes = Buffer.from(`?${path}\0`);
      const fd = bridge.perfEventOpen(attr, 0, -1, -1, 0, [attr, 56, bytes, 1]);
      assert.ok(attr.subarray(56, 64).every((byte) => byte === 0));
      return fd;
    };
    // At offset 0 of a program is its header, which nobody executes.
    using event = new TestFd(open(process.execPath));
    assert.ok(event.number > 2);
    assert.equal(open("/no/such/file"), -errno.ENOENT);
  });
});
