/**
 * Generates the words, numbers and layouts of the bpf(2) uapi from the kernel's BTF.
 *
 * Words go to `spec`, where everybody may know them; numbers and offsets go to `sys`, the only folder that does.
 * What BTF cannot tell comes from `source/uapi-macros.ts`.
 * @module
 */
import { type GeneratedFile, type Generator, header } from "./generator.ts";
import {
  camelCase,
  type ConstantTable,
  numberTables,
  wordTables,
} from "./source/constant-tables.ts";
import { type Compound, kernelRelease, kernelTypes } from "./source/kernel-types.ts";
import { newerParts } from "./source/uapi-macros.ts";

/** Makes `spec/generated/words.ts`, `sys/generated/constants.ts` and `sys/generated/attributes.ts`. */
export const generator: Generator = {
  name: "uapi",
  release: kernelRelease,
  generate: () => [words(), constants(), attributes()],
};

const source = `the BTF of ${kernelRelease()}`;

function words(): GeneratedFile {
  const lists = wordTables.map(({ words, comment, entries }) => {
    const lines = entries().map(([word]) => `  "${word}",\n`);
    return `/** ${comment} */\nexport const ${words} = [\n${lines.join("")}] as const;\n`;
  });
  return {
    path: "packages/ebpf/src/spec/generated/words.ts",
    text: [header("uapi", source), ...lists].join("\n"),
  };
}

function constants(): GeneratedFile {
  return {
    path: "packages/ebpf/src/sys/generated/constants.ts",
    text: [
      header("uapi", `${source} and macros of its uapi`),
      ...[...wordTables, ...numberTables].map(constantText),
    ].join("\n"),
  };
}

function constantText({ name, comment, entries }: ConstantTable): string {
  const lines = entries().map(([key, value]) => `  ${key}: ${value},\n`);
  return `/** ${comment} */\nexport const ${name} = {\n${lines.join("")}} as const;\n`;
}

/** Names of the parts of `union bpf_attr` that have none, by their first member. */
const partNames: { readonly [firstMember: string]: string } = {
  map_type: "mapCreate",
  map_fd: "mapElement",
  prog_type: "progLoad",
  pathname: "objPath",
  target_fd: "progAttach",
  start_id: "objId",
  btf: "btfLoad",
};

/** Structs other than those of `union bpf_attr`, by the name they get here. */
const structNames: { readonly [name: string]: string } = {
  mapInfo: "bpf_map_info",
  progInfo: "bpf_prog_info",
  linkInfo: "bpf_link_info",
  btfInfo: "bpf_btf_info",
  tokenInfo: "bpf_token_info",
  perfEventAttr: "perf_event_attr",
  netlinkHeader: "nlmsghdr",
  netlinkAttribute: "nlattr",
  netlinkError: "nlmsgerr",
  netlinkAddress: "sockaddr_nl",
  linkMessage: "ifinfomsg",
  trafficMessage: "tcmsg",
  routeMessage: "rtmsg",
  xdpAddress: "sockaddr_xdp",
  xdpUmem: "xdp_umem_reg",
  xdpStatistics: "xdp_statistics",
};

function attributes(): GeneratedFile {
  const type =
    "/** Place of a member: offset and size in bytes. */\nexport type Member = readonly [offset: number, size: number];\n";
  const parts = [...kernelTypes().parts("bpf_attr"), ...addedParts()].map(([name, part]) =>
    layoutText(partNames[name] ?? camelCase(name), "Part of `union bpf_attr`.", part),
  );
  const structs = Object.entries(structNames).map(([name, kernelName]) =>
    layoutText(name, `\`struct ${kernelName}\`.`, kernelTypes().compound(kernelName)),
  );
  return {
    path: "packages/ebpf/src/sys/generated/attributes.ts",
    text: [header("uapi", source), type, ...parts, ...structs].join("\n"),
  };
}

/** Parts of `union bpf_attr` that the kernel here does not have yet. */
function addedParts(): readonly (readonly [string, Compound])[] {
  const known = kernelTypes().parts("bpf_attr");
  return Object.entries(newerParts)
    .filter(([name]) => !known.has(name))
    .map(([name, rows]) => {
      const members = rows.map(([name, offset, size]) => ({
        path: [name],
        offset,
        size,
        bitField: false,
      }));
      return [
        name,
        { size: Math.max(...members.map(({ offset, size }) => offset + size)), members },
      ];
    });
}

/** Bit fields are left out, as a place says nothing of the bit; but for this, which is the first of its word. */
const bitFieldsUsed: ReadonlySet<string> = new Set(["gpl_compatible"]);

function layoutText(name: string, comment: string, { size, members }: Compound): string {
  const lines = members
    .filter(({ path, bitField }) => !bitField || bitFieldsUsed.has(path.join("_")))
    .map(({ path, offset, size }) => `  ${camelCase(path.join("_"))}: [${offset}, ${size}],\n`);
  const body = [`  sizeBytes: ${size},\n`, ...lines].join("");
  return `/** ${comment} */\nexport const ${name} = {\n${body}} as const;\n`;
}
