/**
 * Settings of the kernel as types: variables that an object file declares in `.kconfig` and does not define.
 *
 * Loaders tell by the type which settings fit; three states are an enumeration that they know by its name. Source:
 * `bpf_object__collect_externs` in tools/lib/bpf/libbpf.c, `enum libbpf_tristate` in bpf_helpers.h.
 * @module
 */
import type { BtfTypeId } from "../btf/type.ts";
import type { BtfWriter } from "../btf/write/writer.ts";
import { addLayoutType } from "../relocate/layout-type.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";

/** Section under which settings are listed. */
const settingSection = ".kconfig";

/** Adds the declarations of `settings` and the section that lists them. */
export function addSettingTypes(writer: BtfWriter, settings: readonly GlobalSpec<unknown>[]): void {
  const variables = settings.map((spec) => {
    const variable = { kind: "var", name: spec.name, type: typeOf(writer, spec) } as const;
    const type = writer.add({ ...variable, linkage: "extern" });
    return { type, offset: 0, size: spec.layout.size };
  });
  // Nothing of it takes place in the file.
  writer.add({ kind: "datasec", name: settingSection, size: 0, variables });
}

function typeOf(writer: BtfWriter, { setting, layout }: GlobalSpec<unknown>): BtfTypeId {
  if (setting?.type !== "tristate") return addLayoutType(writer, layout);
  const values = ["TRI_NO", "TRI_YES", "TRI_MODULE"].map((name, value) => ({ name, value }));
  return writer.intern({ kind: "enum", name: "libbpf_tristate", size: 4, signed: false, values });
}
