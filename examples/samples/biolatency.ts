/**
 * How long disks take: a histogram of the time between giving a request to the device and its completion.
 *
 * Shows objects that are followed over several pointers to tell what to leave out.
 * @module
 */
import { arrayMap, atomic, bpf, config, hashMap, struct, tpBtf, u32, u64 } from "ts-ebpf";

/** Requests that the device works on, by their addresses. */
export const issued = hashMap("issued", u64, u64, 10_240);

const Disk = struct("disk", { major: u32, minor: u32 });

/** Only this disk; major 0: all of them. */
export const disk = config("disk", Disk, { major: 0, minor: 0 });

/** How many requests took 0 µs, 1 µs, 2 to 3 µs, 4 to 7 µs… */
export const histogram = arrayMap("histogram", u64, 33);

export const onIssue = tpBtf("block_rq_issue", (request) => {
  "use bpf";
  const { major, first_minor: minor } = request.q.disk;
  if (disk.value.major !== 0 && (major !== disk.value.major || minor !== disk.value.minor)) return;
  issued.update(u64(request), bpf.ktimeGetNs());
});

export const onComplete = tpBtf("block_rq_complete", (request) => {
  "use bpf";
  const since = issued.lookup(u64(request));
  if (!since) return;
  const micros = u32((bpf.ktimeGetNs() - since.value) / 1000n);
  const slot = histogram.lookup(32 - Math.clz32(micros));
  if (slot) atomic(slot).value += 1n;
  issued.delete(u64(request));
});
