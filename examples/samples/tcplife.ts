/**
 * What became of TCP connections: an event when one ends, with how long it lived and how much went each way.
 *
 * Shows casts of kernel objects: a helper tells whether a socket is one of TCP, and is then followed as such.
 * @module
 */
import { be32, bpf, chars, config, enumValue, hashMap, ntohs } from "ts-ebpf";
import { ringbuf, struct, tpBtf, u16, u32, u64 } from "ts-ebpf";

const Birth = struct("birth", { atNs: u64, pid: u32, comm: chars(16) });
const Session = struct("session", {
  durationNs: u64,
  /** In bytes. */
  sent: u64,
  received: u64,
  /** Who connected; 0 for connections that were accepted. */
  pid: u32,
  saddr: be32,
  daddr: be32,
  sport: u16,
  dport: u16,
  comm: chars(16),
});

export const births = hashMap("births", u64, Birth, 10_240);
export const sessions = ringbuf("sessions", Session, 1 << 18);

/** Only connections from or to this port; 0: all. */
export const port = config("port", u16, 0);

export const onState = tpBtf("inet_sock_set_state", (sk, _oldState, state) => {
  "use bpf";
  const tcp = bpf.skcToTcpSock(sk);
  if (!tcp) return;
  const common = sk.__sk_common;
  // The copy that stays: what the socket is found by is gone when it closes.
  const sport = ntohs(tcp.inet_conn.icsk_inet.inet_sport);
  const dport = ntohs(common.skc_dport);
  if (port.value !== 0 && sport !== port.value && dport !== port.value) return;

  const connects = state === enumValue("TCP_SYN_SENT");
  if (connects || state === enumValue("TCP_SYN_RECV")) {
    const birth = Birth({ atNs: bpf.ktimeGetNs() });
    if (connects) {
      birth.pid = u32(bpf.getCurrentPidTgid() >> 32n);
      birth.comm = bpf.getCurrentComm();
    }
    births.update(u64(sk), birth);
    return;
  }
  if (state !== enumValue("TCP_CLOSE")) return;

  const birth = births.lookup(u64(sk));
  if (!birth) return;
  const e = sessions.reserve();
  if (e) {
    e.durationNs = bpf.ktimeGetNs() - birth.atNs;
    e.sent = tcp.bytes_acked;
    e.received = tcp.bytes_received;
    e.pid = birth.pid;
    e.saddr = common.skc_rcv_saddr;
    e.daddr = common.skc_daddr;
    e.sport = sport;
    e.dport = dport;
    e.comm = birth.comm;
    sessions.submit(e);
  }
  births.delete(u64(sk));
});
