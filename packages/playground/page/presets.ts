/**
 * Inputs to begin with, for each kind of program.
 * @module
 */
import type { InputKind } from "./protocol.ts";

/** Texts for the field of the input, by what the page calls them. */
export const presets: { readonly [Kind in InputKind]: Readonly<Record<string, string>> } = {
  packet: {
    "TCP SYN to port 80": "ethernet().ipv4().tcp({ destination: 80 })",
    "UDP to port 53": 'ethernet().ipv4().udp({ destination: 53 }).payload("hello")',
    "ICMP echo request": "ethernet().ipv4().icmp()",
    "TCP over IPv6": "ethernet().ipv6().tcp({ destination: 443 })",
    "tagged VLAN": "ethernet().vlan().ipv4().udp()",
    bytes: "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01",
  },
  fields: { "no field": "{}", "an address": "{ user_family: 2, user_port: 80 }" },
  arguments: {
    "no argument": "[]",
    "a process": '[{ tgid: 7, pid: 7, comm: "sh" }]',
    "numbers, and what was returned": "{ args: [1n, 2n], result: 0n }",
  },
  bytes: { "eight bytes": "01 00 00 00 00 00 00 00", "64 zeros": "new Uint8Array(64)" },
};
