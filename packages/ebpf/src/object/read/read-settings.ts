/**
 * Reading settings of the kernel: variables that an object file declares in section `.kconfig` and does not define.
 *
 * Each becomes a variable that programs only read, starting with zero, and says which setting it stands for: which value
 * that has, only the machine knows that loads it. `CONFIG_…` are settings of the kernel's build, `LINUX_…` what loaders
 * find out. Source: `bpf_object__collect_externs` in tools/lib/bpf/libbpf.c.
 * @module
 */
import { alignUp, viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import { resolveType } from "../../btf/resolve.ts";
import type { ElfSymbol } from "../../elf/elf.ts";
import { globalSpec } from "../../spec/global-spec.ts";
import type { GlobalSpec, KernelSetting } from "../../spec/map-spec.ts";
import { complain, sectionMapName, sectionFileTypes, type ObjectParts } from "./parts.ts";
import { alignedBytes } from "./struct-parts.ts";
import { layoutOfType } from "./type-layout.ts";

const section = ".kconfig";

/**
 * The settings that an object file declares, by name.
 * @throws {MalformedError} when one has a type that no setting has.
 */
export function readSettings(parts: ObjectParts): ReadonlyMap<string, GlobalSpec<unknown>> {
  const { btf } = parts;
  const list = btf?.findByName(section, "datasec")?.variables ?? [];
  const symbols = new Map(parts.symbols.map((symbol) => [symbol.name, symbol]));
  const settings = new Map(
    list.flatMap(({ type }) => {
      const variable = btf!.typeById(type);
      if (variable.kind !== "var") return [];
      const { name, type: of } = variable;
      return [[name, settingOf(parts, { name, of, symbol: symbols.get(name) })] as const];
    }),
  );
  return placed(parts, settings);
}

/**
 * The settings with places in a section that loaders make for them, in the order of libbpf: by alignment, the largest first,
 * then by size and name. Source: `cmp_externs` in tools/lib/bpf/libbpf.c.
 */
function placed(
  parts: ObjectParts,
  settings: ReadonlyMap<string, GlobalSpec<unknown>>,
): ReadonlyMap<string, GlobalSpec<unknown>> {
  const ordered = [...settings.values()].toSorted(
    (left, right) =>
      right.layout.alignment - left.layout.alignment ||
      left.layout.size - right.layout.size ||
      (left.name < right.name ? -1 : 1),
  );
  let size = 0;
  const offsets = ordered.map(({ layout }) => {
    const offset = alignUp(size, layout.alignment);
    size = offset + layout.size;
    return offset;
  });
  const map = sectionMapName(parts, section);
  const fileTypes = sectionFileTypes(parts, section);
  return new Map(
    ordered.map((spec, index) => {
      const { name, layout, initial, setting } = spec;
      const within = { section, offset: offsets[index]!, size, map, fileTypes };
      return [name, globalSpec("config", { name, layout, initial, within, setting: setting! })];
    }),
  );
}

interface Declared {
  readonly name: string;
  /** Id of its type. */
  readonly of: number;
  readonly symbol: ElfSymbol | undefined;
}

function settingOf(parts: ObjectParts, { name, of, symbol }: Declared): GlobalSpec<unknown> {
  const btf = parts.btf!;
  const type = settingType(btf, of);
  if (type === undefined) {
    return complain(
      parts,
      [section, name],
      `a setting is a number, bool, char, text or enum libbpf_tristate, not ${btf.describe(of)}`,
    );
  }
  const typed = layoutOfType(btf, of);
  const layout = parts.foreign ? alignedBytes(typed.size, typed.alignment) : typed;
  const initial = layout.read(viewOf(new Uint8Array(layout.size)), 0);
  const setting: KernelSetting = { type, weak: symbol?.binding === "weak" };
  return globalSpec("config", { name, layout, initial, setting });
}

/** What kind of setting a type can hold; `undefined` for none. */
function settingType(btf: Btf, id: number): KernelSetting["type"] | undefined {
  const type = resolveType(btf, id);
  if (type.kind === "int") {
    if (type.encoding === "bool") return type.size === 1 ? "bool" : undefined;
    if (type.size === 1) return "char";
    return type.size <= 8 ? "int" : undefined;
  }
  if (type.kind === "enum") return type.name === "libbpf_tristate" ? "tristate" : undefined;
  if (type.kind !== "array" || type.length === 0) return undefined;
  const element = resolveType(btf, type.type);
  return element.kind === "int" && element.size === 1 && element.encoding !== "bool"
    ? "text"
    : undefined;
}
