/**
 * Links to functions of other programs: those that run in their stead, and those that see them start and return.
 *
 * What the kernel checks is in kernel/bpf/trampoline.c (`__bpf_trampoline_link_prog`) and kernel/bpf/syscall.c
 * (`bpf_tracing_prog_attach`).
 * @module
 */
import { place, type FunctionEvent } from "../attach/place.ts";
import type { SimulatedLink } from "../attach/simulated-link.ts";
import { failed } from "../errno.ts";
import { functionEventsOfPrograms, wrapFunction } from "../fire/program-function.ts";
import type { ProgramFunction, SimulatedProgram } from "../program.ts";
import { type Linking, newLink } from "./link-kinds.ts";

/** Attaches a program to a function of another one; the link, or a negated errno. */
export function linkToProgram(linking: Linking, target: ProgramFunction): SimulatedLink | number {
  const { core, program } = linking;
  const event = eventOf(program);
  if (event === undefined) return failed.invalid;
  const there = functionEventsOfPrograms.flatMap((it) =>
    core.attachments.at(place.programFunction(it, target)),
  );
  const isReplaced = core.attachments.at(place.programFunction("ext", target)).length > 0;
  if (isReplaced || there.some((it) => it.program === program)) return failed.busy;
  if (event === "ext") {
    if (there.length > 0) return failed.busy;
    // A replacement is for one link: afterwards the kernel wants to be told the function again.
    if (program.wasLinked) return failed.invalid;
  }
  program.wasLinked = true;
  const targetBtfId = program.attributes.attachBtfId!;
  const details = { targetObjId: target.program.id, targetBtfId, cookie: 0n };
  const link = newLink(linking, { type: "tracing", details });
  link.attachAt(place.programFunction(event, target), { cookie: 0n });
  link.owns(wrapFunction(core, target));
  return link;
}

function eventOf({ attributes }: SimulatedProgram): FunctionEvent | "ext" | undefined {
  if (attributes.progType === "ext") return "ext";
  if (attributes.expectedAttachType === "trace_fentry") return "fentry";
  return attributes.expectedAttachType === "trace_fexit" ? "fexit" : undefined;
}
