/**
 * Names of sections: how an object file says of which type a program is and where it attaches.
 *
 * One table (section-rules.ts) in both directions: a name is a prefix from the table and, for some, what to attach to
 * behind a `/`. Whether there is such a function or event is not checked.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type {
  AttachTarget,
  KprobeMultiTarget,
  KprobeTarget,
  ProgramSpec,
  UprobeMultiTarget,
  UprobeTarget,
  UsdtTarget,
} from "../spec/program-spec.ts";
import type { AttachType, ProgramFlag, ProgramType } from "../spec/words.ts";
import { sectionRules, type SectionRule } from "./section-rules.ts";

/** What a section's name says of the programs in it. */
export interface SectionMeaning {
  readonly type: ProgramType;
  readonly expectedAttachType: AttachType | undefined;
  readonly flags: readonly ProgramFlag[];
  /** The part of the name from the table: `"tracepoint"`. */
  readonly prefix: string;
  /** What stands behind it: `"sched/sched_switch"`; `""` for nothing. */
  readonly rest: string;
}

/**
 * The name of the section for `program`.
 * @throws {InvalidArgumentError} when there is no convention for its type and flags.
 */
export function sectionName(program: ProgramSpec): string {
  const sayable = program.flags.every((flag) => namedFlags.includes(flag));
  const rule = sayable ? ruleFor(program) : undefined;
  if (rule === undefined) throw noSection(program);
  const rest = rule.open === true ? targetText(program.target) : "";
  const optional = program.autoload === false ? "?" : "";
  return rest === "" ? `${optional}${rule.prefix}` : `${optional}${rule.prefix}/${rest}`;
}

/**
 * What the name of a section says of the programs in it; `undefined` for sections without programs. A `?` in front, which
 * says that they are only loaded when somebody asks for them, changes nothing.
 */
export function sectionMeaning(section: string): SectionMeaning | undefined {
  const name = section.replace(/^\?/, "");
  const rule = sectionRules.find(({ prefix, open }) => {
    return name === prefix || (open === true && name.startsWith(`${prefix}/`));
  });
  if (rule === undefined) return undefined;
  const { prefix, type, attach, flags = [] } = rule;
  const rest = name.slice(prefix.length + 1);
  return { type, expectedAttachType: attach, flags, prefix, rest };
}

/** What names of sections with programs start with. */
export const sectionPrefixes: readonly string[] = sectionRules.map(({ prefix }) => prefix);

/** Flags that a name of a section can say. */
const namedFlags: readonly ProgramFlag[] = ["sleepable", "xdp_has_frags"];

function hasFlags({ type, flags = [] }: SectionRule, program: ProgramSpec): boolean {
  if (type === "syscall") return true;
  return namedFlags.every((flag) => flags.includes(flag) === program.flags.includes(flag));
}

/** The row for `program`: one for its target before one for any, and one for its attach type before a usual one. */
function ruleFor(program: ProgramSpec): SectionRule | undefined {
  const { type, expectedAttachType, target } = program;
  const fitting = sectionRules.filter((rule) => rule.type === type && hasFlags(rule, program));
  const exact = fitting.filter(({ attach }) => attach === expectedAttachType);
  const found =
    exact.find((rule) => rule.target === target.kind) ??
    exact.find((rule) => rule.target === undefined) ??
    exact[0];
  if (found !== undefined || expectedAttachType !== undefined) return found;
  return fitting.length === 1 ? fitting[0] : fitting.find(({ usual }) => usual);
}

/** What to attach to, as it stands in the name; `""` where a name has no room for it. */
function targetText(target: AttachTarget): string {
  const text: (target: never) => string = targetTexts[target.kind];
  return text(target as never);
}

type NamedTarget = { readonly name: string };

const ofName = ({ name }: NamedTarget): string => name;
const nothing = (): string => "";

const targetTexts: { readonly [Kind in AttachTarget["kind"]]: (target: never) => string } = {
  none: nothing,
  tracepoint: ({ category, name }: NamedTarget & { readonly category: string }) =>
    `${category}/${name}`,
  raw_tracepoint: ofName,
  tp_btf: ofName,
  fentry: ofName,
  fexit: ofName,
  fsession: ofName,
  fmod_ret: ofName,
  iter: ofName,
  lsm: ({ hook }: { readonly hook: string }) => hook,
  lsm_cgroup: ({ hook }: { readonly hook: string }) => hook,
  freplace: ({ function: name }: { readonly function?: string }) => name ?? "",
  syscall: nothing,
  struct_ops: ({ member }: { readonly member: string }) => member,
  kprobe: kprobeText,
  kretprobe: kprobeText,
  kprobe_multi: kprobeMultiText,
  kretprobe_multi: kprobeMultiText,
  kprobe_session: kprobeMultiText,
  ksyscall: ofName,
  kretsyscall: ofName,
  uprobe: uprobeText,
  uretprobe: uprobeText,
  uprobe_multi: uprobeMultiText,
  uretprobe_multi: uprobeMultiText,
  uprobe_session: uprobeMultiText,
  usdt: ({ path, provider, name }: UsdtTarget) => `${path}:${provider}:${name}`,
  perf_event: nothing,
  xdp: nothing,
  tcx: nothing,
  tc: nothing,
  netkit: nothing,
  netfilter: nothing,
  lwt: nothing,
  cgroup: nothing,
  sockmap: nothing,
  sk_lookup: nothing,
  flow_dissector: nothing,
};

function kprobeText({ symbol, offset }: KprobeTarget): string {
  return offset === 0 ? symbol : `${symbol}+${offset}`;
}

/** Only a pattern or one function has room in a name. */
function kprobeMultiText({ functions }: KprobeMultiTarget): string {
  if ("pattern" in functions) return functions.pattern;
  return "symbols" in functions && functions.symbols.length === 1 ? functions.symbols[0]! : "";
}

function uprobeMultiText({ path, functions }: UprobeMultiTarget): string {
  if ("pattern" in functions) return `${path}:${functions.pattern}`;
  if (!("symbols" in functions) || functions.symbols.length !== 1) return "";
  return `${path}:${functions.symbols[0]}`;
}

function uprobeText({ path, symbol, offset }: UprobeTarget): string {
  if (symbol === undefined) return "";
  return offset === 0 ? `${path}:${symbol}` : `${path}:${symbol}+${offset}`;
}

function noSection({ name, type, expectedAttachType, flags }: ProgramSpec): InvalidArgumentError {
  const attach = expectedAttachType === undefined ? "" : ` with attach type ${expectedAttachType}`;
  const marks = flags.length === 0 ? "" : ` and flags ${flags.join(", ")}`;
  return new InvalidArgumentError(
    `no name of a section says that program "${name}" is of type ${type}${attach}${marks}`,
    { hint: "load it from TypeScript: object files have no room for it" },
  );
}
