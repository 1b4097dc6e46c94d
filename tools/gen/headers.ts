/**
 * Generates the places of fields in packet headers from the kernel's BTF, for kernel code that runs as JavaScript.
 *
 * Bit fields and unions are there as they are in the kernel's structs; members of unnamed ones are lifted.
 * @module
 */
import { type Generator, header } from "./generator.ts";
import { headerFields } from "./source/header-fields.ts";
import { kernelRelease } from "./source/kernel-types.ts";

const structs = [
  "ethhdr",
  "vlan_hdr",
  "vlan_ethhdr",
  "arphdr",
  "iphdr",
  "ipv6hdr",
  "ipv6_opt_hdr",
  "frag_hdr",
  "in6_addr",
  "tcphdr",
  "udphdr",
  "icmphdr",
  "icmp6hdr",
  "mpls_shim_hdr",
  "gre_base_hdr",
];

/** Makes `simulate/generated/headers.ts`. */
export const generator: Generator = {
  name: "headers",
  release: kernelRelease,
  generate: () => {
    const rows = structs.flatMap((name) => {
      const found = headerFields(name);
      return found === undefined ? [] : [`  ${name}: ${found},\n`];
    });
    const text = [
      header("headers", `the BTF of ${kernelRelease()}`),
      'import type { HeaderFields } from "../header-layout.ts";\n',
      "/** Headers of packets by the names of the kernel's structs. */",
      `export const headers: Readonly<Record<string, HeaderFields>> = {\n${rows.join("")}};\n`,
    ];
    return [{ path: "packages/ebpf/src/simulate/generated/headers.ts", text: text.join("\n") }];
  },
};
