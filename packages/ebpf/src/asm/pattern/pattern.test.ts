/**
 * What each pattern is made of, instruction by instruction.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InvalidArgumentError } from "../../base/errors.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import { encode } from "../../isa/encode.ts";
import { format } from "../../isa/format.ts";
import { r0, r1, r6, r7, r10 } from "../../isa/register.ts";
import { assemble, type Item } from "../assemble.ts";
import { ja } from "../jump.ts";
import { at } from "../place.ts";
import { fetchSetBit, increment, setBit, takeNumber } from "./atomic-update.ts";
import { currentComm, currentGid, currentPid, currentTgid, currentUid } from "./current-process.ts";
import { startTimer, stopTimer, timeNow, timeSince } from "./duration.ts";
import {
  countElement,
  deleteElement,
  lookupElement,
  updateElement,
  withElement,
} from "./map-element.ts";
import {
  probeReadKernel,
  probeReadKernelStr,
  probeReadUser,
  probeReadUserStr,
} from "./probe-read.ts";
import { discardRecord, reserveOrCount, submitRecord } from "./ring-buffer.ts";

const key = at(r10, -4);
const check = (item: Item, text: string): void => {
  const instructions = assemble(item);
  const lines = text.trim().split("\n");
  assert.deepEqual(
    instructions.map((instruction) => format(instruction, { helperSymbol })),
    lines.map((line) => line.trim()),
  );
  encode(instructions, { map: () => 0 }); // jumps must not lead into wide loads
};

describe("map elements", () => {
  it("are looked up with a null check", () =>
    check(
      lookupElement({ map: "counts", key }),
      `r1 = map[counts]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 != 0x0 goto pc+2
       r0 = 0
       exit`,
    ));
  it("may be missed in another way", () =>
    check(
      lookupElement({ map: { name: "counts" }, key, missing: ja(5) }),
      `r1 = map[counts]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 != 0x0 goto pc+1
       goto pc+5`,
    ));
  it("may be there or not", () =>
    check(
      withElement({ map: "counts", key }, [increment(r0, r1), increment(at(r0, 8), r1, 5)]),
      `r1 = map[counts]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 == 0x0 goto pc+4
       r1 = 1
       lock *(u64 *)(r0 +0) += r1
       r1 = 5
       lock *(u64 *)(r0 +8) += r1`,
    ));
  it("are counted in", () =>
    check(
      countElement({ map: "counts", key }),
      `r1 = map[counts]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 == 0x0 goto pc+2
       r1 = 1
       lock *(u64 *)(r0 +0) += r1`,
    ));
  it("are updated in one of three ways", () => {
    for (const [mode, number] of [
      ["any", 0],
      ["noexist", 1],
      ["exist", 2],
    ] as const) {
      check(
        updateElement({ map: "counts", key, value: at(r6, 0), mode }),
        `r1 = map[counts]
         r2 = r10
         r2 += -4
         r3 = r6
         r4 = ${number}
         call bpf_map_update_elem#2`,
      );
    }
  });
  it("are deleted", () =>
    check(
      deleteElement({ map: "counts", key }),
      `r1 = map[counts]
       r2 = r10
       r2 += -4
       call bpf_map_delete_elem#3`,
    ));
});

describe("ring buffer records", () => {
  it("are reserved, and losses counted", () =>
    check(
      reserveOrCount({ ring: "events", size: 48, lost: { map: "lost", index: 2, key } }),
      `r1 = map[events]
       r2 = 48
       r3 = 0
       call bpf_ringbuf_reserve#131
       if r0 != 0x0 goto pc+11
       *(u32 *)(r10 -4) = 2
       r1 = map[lost]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 == 0x0 goto pc+2
       r1 = 1
       lock *(u64 *)(r0 +0) += r1
       r0 = 0
       exit`,
    ));
  it("are submitted and discarded, waking the reader or not", () => {
    check(
      submitRecord(r6),
      `r1 = r6
       r2 = 0
       call bpf_ringbuf_submit#132`,
    );
    check(
      submitRecord(r6, "none"),
      `r1 = r6
       r2 = 1
       call bpf_ringbuf_submit#132`,
    );
    check(
      discardRecord(r1, "forced"),
      `r2 = 2
       call bpf_ringbuf_discard#133`,
    );
  });
});

describe("safe reads", () => {
  const to = { ...at(r10, -16), size: 16 };
  it("copy from where a register points, whichever it is", () => {
    check(
      probeReadKernel(to, r1),
      `r2 = 16
       r3 = r1
       r1 = r10
       r1 += -16
       call bpf_probe_read_kernel#113`,
    );
    check(
      probeReadUserStr(to, at(r6, 8)),
      `r1 = r10
       r1 += -16
       r2 = 16
       r3 = r6
       r3 += 8
       call bpf_probe_read_user_str#114`,
    );
  });
  it("are of four kinds", () => {
    const last = (item: Item): string => format(assemble(item).at(-1)!, { helperSymbol });
    assert.equal(last(probeReadUser(to, r6)), "call bpf_probe_read_user#112");
    assert.equal(last(probeReadKernelStr(to, r6)), "call bpf_probe_read_kernel_str#115");
  });
});

describe("the current process", () => {
  it("has ids of thread, process, user and group", () => {
    check(
      currentPid(r6),
      `call bpf_get_current_pid_tgid#14
       w6 = w0`,
    );
    check(
      currentTgid(r6),
      `call bpf_get_current_pid_tgid#14
       r6 = r0
       r6 >>= 32`,
    );
    check(
      currentTgid(r0),
      `call bpf_get_current_pid_tgid#14
       r0 >>= 32`,
    );
    check(
      currentUid(r0),
      `call bpf_get_current_uid_gid#15
       w0 = w0`,
    );
    check(
      currentGid(r7),
      `call bpf_get_current_uid_gid#15
       r7 = r0
       r7 >>= 32`,
    );
  });
  it("has a name", () =>
    check(
      currentComm({ ...at(r6, 24), size: 16 }),
      `r1 = r6
       r1 += 24
       r2 = 16
       call bpf_get_current_comm#16`,
    ));
});

describe("durations", () => {
  it("start with the time", () => {
    check(timeNow(r0), "call bpf_ktime_get_ns#5");
    check(
      timeNow(r6),
      `call bpf_ktime_get_ns#5
       r6 = r0`,
    );
    check(
      startTimer({ map: "starts", key, scratch: at(r10, -16) }),
      `call bpf_ktime_get_ns#5
       *(u64 *)(r10 -16) = r0
       r1 = map[starts]
       r2 = r10
       r2 += -4
       r3 = r10
       r3 += -16
       r4 = 0
       call bpf_map_update_elem#2`,
    );
  });
  it("end with the difference, and nothing left in the map", () =>
    check(
      stopTimer(r6, { map: "starts", key }),
      `r1 = map[starts]
       r2 = r10
       r2 += -4
       call bpf_map_lookup_elem#1
       if r0 != 0x0 goto pc+2
       r0 = 0
       exit
       r6 = *(u64 *)(r0 +0)
       call bpf_ktime_get_ns#5
       r0 -= r6
       r6 = r0
       r1 = map[starts]
       r2 = r10
       r2 += -4
       call bpf_map_delete_elem#3`,
    ));
  it("need a register that outlives calls", () => {
    assert.throws(() => timeSince(r0), InvalidArgumentError);
    assert.throws(() => stopTimer(r10, { map: "starts", key }), InvalidArgumentError);
  });
});

describe("shared counters and flags", () => {
  it("give every taker another number", () =>
    check(
      takeNumber(r6, at(r0, 8)),
      `r6 = 1
       r6 = atomic64_fetch_add((u64 *)(r0 +8), r6)`,
    ));
  it("have 64 bits to set", () => {
    check(
      setBit(r0, 30, r1),
      `r1 = 1073741824
       lock *(u64 *)(r0 +0) |= r1`,
    );
    check(
      fetchSetBit(r6, r0, 63),
      `r6 = 0x8000000000000000
       r6 = atomic64_fetch_or((u64 *)(r0 +0), r6)`,
    );
    check(
      setBit(r0, 31, r1),
      `r1 = 0x80000000
       lock *(u64 *)(r0 +0) |= r1`,
    );
    for (const bit of [-1, 64, 0.5]) assert.throws(() => setBit(r0, bit, r1), InvalidArgumentError);
  });
});
