/**
 * What programs are given: the one register a program starts with, as the parameters of its function.
 *
 * Most programs get a context, a struct of the kernel's interface; those on functions and BTF tracepoints get an array
 * of arguments, whose types are in BTF; probes get registers. Which it is follows from where the program belongs.
 * @module
 */
import type { BindingPattern, ParamPattern } from "@oxc-project/types";
import type { Value } from "../../ir/operation.ts";
import type { AttachTarget, FreplaceTarget } from "../../../spec/program-spec.ts";
import type { ProgramType } from "../../../spec/words.ts";
import { type Region, regions } from "../entity.ts";
import type { Lowering } from "../lowering.ts";
import { bindPattern } from "../statement/declaration.ts";
import {
  functionArguments,
  hookArguments,
  iteratorArguments,
  memberArguments,
  tracepointArgumentsOf,
} from "./arguments.ts";
import { kernelStructOf, rawArgumentsType } from "./kernel-types.ts";
import { probeArguments, probeRegisters } from "./probe.ts";
import { recordOf } from "./record.ts";
import { layoutType } from "../layout-types.ts";
import { type ContextSite, contextPointer, type Parameter } from "./site.ts";
import { syscallArguments } from "./syscall.ts";
import { usdtContext } from "./usdt.ts";

/** Gives the parameters of a program's function their meaning. */
export function bindContext(lowering: Lowering): void {
  const { params } = lowering.source.node;
  const given = parametersOf(lowering);
  if (params.length > given.length) {
    const extra = params[given.length]!;
    lowering.fail(extra, `this program is given ${given.length} parameters`, "remove the others");
  }
  params.forEach((pattern, index) => {
    const entity = lowering.at(pattern, () => given[index]!());
    bindPattern(lowering, asBinding(lowering, pattern), entity);
  });
}

function asBinding(lowering: Lowering, pattern: ParamPattern): BindingPattern {
  if (pattern.type === "RestElement" || pattern.type === "TSParameterProperty") {
    return lowering.fail(
      pattern,
      "parameters must be written one by one",
      "name each: (a, b) => …",
    );
  }
  return pattern;
}

function parametersOf(lowering: Lowering): readonly Parameter[] {
  const { type, target } = lowering.program.spec;
  const context = lowering.builder.function.blocks[0]!.parameters[0]!;
  const rule = targetRules[target.kind] as TargetRule<AttachTarget> | undefined;
  const found = rule?.({ lowering, target, context });
  return found ?? contextByType(lowering, type, context);
}

type TargetRule<Target> = (site: ContextSite<Target>) => readonly Parameter[] | undefined;

type TargetRules = {
  readonly [Kind in AttachTarget["kind"]]?: TargetRule<Extract<AttachTarget, { kind: Kind }>>;
};

/** Programs whose parameters depend on what exactly they are attached to. */
const targetRules: TargetRules = {
  tp_btf: tracepointArgumentsOf,
  fentry: (site) => functionArguments(site, { withResult: false }),
  fexit: (site) => functionArguments(site, { withResult: true }),
  fsession: (site) => functionArguments(site, { withResult: true }),
  fmod_ret: (site) => functionArguments(site, { withResult: true }),
  lsm: hookArguments,
  lsm_cgroup: hookArguments,
  struct_ops: memberArguments,
  freplace: (site) => replacedArguments(site),
  syscall: ({ target, context }) => [
    () => contextPointer(context, layoutType(target.context), writable),
  ],
  iter: iteratorArguments,
  tracepoint: (site) => [() => recordOf(site)],
  kprobe: probeArguments,
  kretprobe: probeRegisters,
  kprobe_multi: probeRegisters,
  kretprobe_multi: probeRegisters,
  kprobe_session: probeRegisters,
  ksyscall: syscallArguments,
  kretsyscall: probeRegisters,
  uprobe: probeRegisters,
  uretprobe: probeRegisters,
  uprobe_multi: probeRegisters,
  uretprobe_multi: probeRegisters,
  uprobe_session: probeRegisters,
  usdt: usdtContext,
};

/** What the main function of the other program is given. Of its other functions only that program knows. */
function replacedArguments({
  lowering,
  target,
  context,
}: ContextSite<FreplaceTarget>): readonly Parameter[] {
  if (target.function === undefined) return contextByType(lowering, target.programType, context);
  return lowering.fail(
    lowering.source.node,
    `the parameters of "${target.function}" are not known here`,
    "write it as instructions, or replace the main function",
  );
}

/** The context of programs of a type, and how it may be used. */
interface ContextShape {
  readonly struct: string;
  readonly region: Region;
}

const readable = regions.context;
const writable = regions["writable-context"];

const contextStructs: { readonly [Type in ProgramType]?: ContextShape } = {
  xdp: { struct: "xdp_md", region: readable },
  socket_filter: { struct: "__sk_buff", region: writable },
  sched_cls: { struct: "__sk_buff", region: writable },
  sched_act: { struct: "__sk_buff", region: writable },
  cgroup_skb: { struct: "__sk_buff", region: writable },
  lwt_in: { struct: "__sk_buff", region: writable },
  lwt_out: { struct: "__sk_buff", region: writable },
  lwt_xmit: { struct: "__sk_buff", region: writable },
  lwt_seg6local: { struct: "__sk_buff", region: writable },
  sk_skb: { struct: "__sk_buff", region: writable },
  flow_dissector: { struct: "__sk_buff", region: writable },
  cgroup_sock: { struct: "bpf_sock", region: writable },
  cgroup_sock_addr: { struct: "bpf_sock_addr", region: writable },
  cgroup_device: { struct: "bpf_cgroup_dev_ctx", region: readable },
  cgroup_sysctl: { struct: "bpf_sysctl", region: writable },
  cgroup_sockopt: { struct: "bpf_sockopt", region: writable },
  sock_ops: { struct: "bpf_sock_ops", region: writable },
  sk_msg: { struct: "sk_msg_md", region: writable },
  sk_lookup: { struct: "bpf_sk_lookup", region: readable },
  sk_reuseport: { struct: "sk_reuseport_md", region: readable },
  perf_event: { struct: "bpf_perf_event_data", region: readable },
  kprobe: { struct: "pt_regs", region: readable },
  netfilter: { struct: "bpf_nf_ctx", region: regions["btf-context"] },
};

function contextByType(
  lowering: Lowering,
  type: ProgramType,
  context: Value,
): readonly Parameter[] {
  if (type === "raw_tracepoint" || type === "syscall" || type === "raw_tracepoint_writable") {
    return [() => contextPointer(context, rawArgumentsType, readable)];
  }
  const shape = contextStructs[type];
  if (shape === undefined) {
    const hint = "write a program of this type with the assembler";
    const message = `programs of type ${type} have no known context`;
    return lowering.fail(lowering.source.node, message, hint);
  }
  const { struct, region } = shape;
  return [() => contextPointer(context, kernelStructOf(lowering, struct), region)];
}
