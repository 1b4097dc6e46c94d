/**
 * Gives one listening socket a whole range of ports, which `bind` cannot: connections to any of them come to it.
 * @module
 */
import { bpf, config, skLookup, sockmap, u16 } from "ts-ebpf";

const SK_DROP = 0;
const SK_PASS = 1;

export const firstPort = config("first_port", u16, 7000);
export const lastPort = config("last_port", u16, 7999);
/** Index 0: who gets the connections. */
export const listener = sockmap("listener", 1);

export const steer = skLookup((ctx) => {
  "use bpf";
  if (ctx.local_port < firstPort.value || ctx.local_port > lastPort.value) return SK_PASS;
  const socket = listener.lookup(0);
  if (!socket) return SK_PASS;
  const error = bpf.skAssign(ctx, socket);
  bpf.skRelease(socket);
  return error === 0 ? SK_PASS : SK_DROP;
});
