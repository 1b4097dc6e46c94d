/**
 * Joins two connections in the kernel: what one socket receives goes out through the other, and no process reads it.
 * A proxy accepts, connects, enters both sockets here, and has nothing more to do.
 * @module
 */
import { bpf, hashMap, perCpuArrayMap, skSkb, sockmap, u32, u64 } from "ts-ebpf";

const SK_PASS = 1;

export const sockets = sockmap("sockets", 1024);
/** By the cookie of a socket, the index in `sockets` of the one its bytes go to. */
export const peers = hashMap("peers", u64, u32, 1024);
/** Bytes passed on. */
export const forwarded = perCpuArrayMap("forwarded", u64, 1);

export const forward = skSkb(
  "stream_verdict",
  (skb) => {
    "use bpf";
    const peer = peers.lookup(bpf.getSocketCookie(skb));
    if (!peer) return SK_PASS;
    const bytes = forwarded.lookup(0);
    if (bytes) bytes.value += u64(skb.len);
    return sockets.redirectSkb(skb, peer.value);
  },
  { map: sockets },
);
