/**
 * Decides where the processes of a control group may connect to: some destinations are refused, others replaced, so that
 * a program meets another server than it thinks.
 * @module
 */
import { atomic, be16, be32, cgroupSockAddr, hashMap, struct, u32, u64 } from "ts-ebpf";

const Destination = struct("destination", { address: be32, port: be16 });
/** Port 0 refuses the connection; any other says where it goes instead. */
const Rule = struct("rule", { instead: Destination, hits: u64 });

/** Destinations with something to be said about. */
export const rules = hashMap("rules", Destination, Rule, 1024);

export const onConnect = cgroupSockAddr("connect4", (ctx) => {
  "use bpf";
  const destination = Destination({ address: be32(ctx.user_ip4), port: be16(ctx.user_port) });
  const rule = rules.lookup(destination);
  if (!rule) return 1;
  atomic(rule).hits += 1n;
  const { address, port } = rule.instead;
  if (u32(port) === 0) return 0;
  ctx.user_ip4 = u32(address);
  ctx.user_port = u32(port);
  return 1;
});
