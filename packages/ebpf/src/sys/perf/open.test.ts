import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bridge } from "@ts-ebpf/native";
import { cString, littleEndian, viewOf } from "../../base/bytes.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { PerfEventRequest } from "../../kernel/perf-event.ts";
import { Caller } from "../call/caller.ts";
import { errno } from "../call/errno.ts";
import type { Files } from "../machine/files.ts";
import { fakeBridge } from "../testing-bridge.ts";
import { fakeFiles } from "../testing-files.ts";
import { openPerfEvent } from "./open.ts";

interface Opened {
  readonly attr: DataView;
  readonly pid: number;
  readonly cpu: number;
  readonly text: string | undefined;
}

const folder = "/sys/bus/event_source/devices/uprobe";
const kprobes = "/sys/bus/event_source/devices/kprobe";
const files = fakeFiles({
  [`${folder}/type`]: "9\n",
  [`${folder}/format/retprobe`]: "config:3\n",
  [`${folder}/format/ref_ctr_offset`]: "config:32-63\n",
  "/proc/kallsyms": "ffffffff81000000 T do_exit\n",
});
const withKprobes = fakeFiles({
  [`${kprobes}/type`]: "8\n",
  [`${folder}/type`]: "9\n",
  "/proc/kallsyms": "ffffffff81000000 T do_exit\n",
});

/** Opens an event with a bridge that answers with `result`. */
function open(request: PerfEventRequest, result = 7, on: Files = files): Opened {
  let opened: Opened | undefined;
  const perfEventOpen: Bridge["perfEventOpen"] = (...given) => {
    const [attr, pid, cpu, , , pointers = []] = given;
    const target = pointers[2];
    const text = target instanceof Uint8Array ? cString(target) : undefined;
    opened = { attr: viewOf(attr.slice()), pid, cpu, text };
    return result;
  };
  const caller = new Caller(
    fakeBridge(() => 0, { perfEventOpen }),
    [6, 18],
  );
  openPerfEvent(caller, request, on).close();
  return opened!;
}

describe("openPerfEvent", () => {
  const sample = { kind: "sample", event: "cpu_clock", cpu: 1 } as const;

  it("asks for samples by frequency", () => {
    const { attr, pid, cpu } = open({ ...sample, sampling: { frequencyHz: 99 } });
    assert.deepEqual([pid, cpu], [-1, 1]);
    assert.deepEqual([attr.getUint32(0, littleEndian), attr.getUint32(4, littleEndian)], [1, 72]);
    assert.equal(attr.getBigUint64(16, littleEndian), 99n);
    assert.equal(attr.getBigUint64(40, littleEndian), littleEndian ? 1024n : 1n << 53n);
  });

  it("asks for samples by period, of one process", () => {
    const { attr, pid } = open({
      ...sample,
      event: "cpu_cycles",
      sampling: { period: 5 },
      pid: 42,
    });
    assert.equal(pid, 42);
    assert.equal(attr.getUint32(0, littleEndian), 0);
    assert.equal(attr.getBigUint64(40, littleEndian), 0n);
  });

  it("says when the machine has no such counter", () =>
    assert.throws(
      () => open({ ...sample, event: "cache_misses", sampling: { period: 1 } }, -errno.ENOENT),
      NotSupportedError,
    ));

  it("names the file of a probe", () => {
    const { attr, pid, cpu, text } = open({ kind: "uretprobe", path: "/bin/true", offset: 0x40 });
    assert.deepEqual([pid, cpu, text], [-1, 0, "/bin/true"]);
    assert.equal(attr.getUint32(0, littleEndian), 9);
    assert.equal(attr.getBigUint64(8, littleEndian), 8n);
    assert.equal(attr.getBigUint64(64, littleEndian), 0x40n);
  });

  it("opens a probe in one process on no CPU in particular", () => {
    const { pid, cpu } = open({ kind: "uprobe", path: "/bin/true", offset: 1, pid: 42 });
    assert.deepEqual([pid, cpu], [42, -1]);
  });

  it("says where the counter of listeners is", () => {
    const { attr } = open({ kind: "uretprobe", path: "/p", offset: 1, counterOffset: 0x1234 });
    assert.equal(attr.getBigUint64(8, littleEndian), (0x1234n << 32n) | 8n);
  });

  it("says when the kernel counts no listeners", () =>
    assert.throws(
      () => open({ kind: "uprobe", path: "/p", offset: 1, counterOffset: 2 }, 7, withKprobes),
      (error) => error instanceof NotSupportedError && error.since?.[1] === 20,
    ));

  it("names a function of the kernel, or its address", () => {
    const named = open({ kind: "kprobe", place: "do_exit", offset: 4 }, 7, withKprobes);
    assert.equal(named.text, "do_exit");
    assert.equal(named.attr.getBigUint64(64, littleEndian), 4n);
    const at = open({ kind: "kprobe", place: 0xffffn << 48n, offset: 4 }, 7, withKprobes);
    assert.equal(at.text, undefined);
    assert.equal(at.attr.getBigUint64(64, littleEndian), (0xffffn << 48n) + 4n);
  });

  it("says why a function cannot be probed", () => {
    const check = (
      result: number,
      message: RegExp,
      probe: { readonly place: string | bigint; readonly offset?: number },
    ): void =>
      assert.throws(() => open({ kind: "kprobe", offset: 0, ...probe }, -result, withKprobes), {
        message,
      });
    check(errno.ENOENT, /no function "do_exti" \(ENOENT\)/, { place: "do_exti" });
    check(errno.EINVAL, /no function "do_exti" \(EINVAL\)/, { place: "do_exti" });
    check(errno.EINVAL, /does not let this place be probed/, { place: "do_exit" });
    check(errno.EILSEQ, /no instruction starts at this offset/, { place: "do_exit", offset: 1 });
    check(errno.EADDRNOTAVAIL, /several functions are called "do_exit"/, { place: "do_exit" });
    check(errno.ENOENT, /no code of the kernel at this address/, { place: 1n });
  });

  it("names the function that may have been meant", () =>
    assert.throws(
      () => open({ kind: "kprobe", place: "do_exti", offset: 0 }, -errno.ENOENT, withKprobes),
      { name: "NotFoundError", hint: 'did you mean "do_exit"?' },
    ));

  it("says when the kernel has no such probes", () =>
    assert.throws(
      () => open({ kind: "kprobe", place: "f", offset: 0 }),
      (error) =>
        error instanceof NotSupportedError && /CONFIG_KPROBE_EVENTS/.test(error.hint ?? ""),
    ));
});
