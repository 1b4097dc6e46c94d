/**
 * How long TCP connections take to be made: an event for each, with the time from the first packet to the answer.
 *
 * Shows a map by socket: the address of a kernel object is a key like any other.
 * @module
 */
import { be32, bpf, chars, config, enumValue, hashMap, ntohs } from "ts-ebpf";
import { ringbuf, struct, tpBtf, u16, u32, u64 } from "ts-ebpf";

const Start = struct("start", { atNs: u64, pid: u32, comm: chars(16) });
const Connection = struct("connection", {
  latencyNs: u64,
  pid: u32,
  saddr: be32,
  daddr: be32,
  sport: u16,
  dport: u16,
  comm: chars(16),
});

/** Connections that wait for an answer, by socket. */
export const starts = hashMap("starts", u64, Start, 4096);
export const connections = ringbuf("connections", Connection, 1 << 18);

/** Only this process; 0: everybody. */
export const targetPid = config("target_pid", u32, 0);

export const onState = tpBtf("inet_sock_set_state", (sk, _oldState, state) => {
  "use bpf";
  if (state === enumValue("TCP_SYN_SENT")) {
    const pid = u32(bpf.getCurrentPidTgid() >> 32n);
    if (targetPid.value !== 0 && pid !== targetPid.value) return;
    starts.update(u64(sk), Start({ atNs: bpf.ktimeGetNs(), pid, comm: bpf.getCurrentComm() }));
    return;
  }
  const start = starts.lookup(u64(sk));
  if (!start) return;
  if (state === enumValue("TCP_ESTABLISHED")) {
    const e = connections.reserve();
    if (e) {
      const common = sk.__sk_common;
      e.latencyNs = bpf.ktimeGetNs() - start.atNs;
      e.pid = start.pid;
      e.saddr = common.skc_rcv_saddr;
      e.daddr = common.skc_daddr;
      e.sport = common.skc_num;
      e.dport = ntohs(common.skc_dport);
      e.comm = start.comm;
      connections.submit(e);
    }
  }
  starts.delete(u64(sk));
});
