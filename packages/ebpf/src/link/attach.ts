/**
 * Attaching a program to what its spec names.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { Program } from "../program/program.ts";
import type { AttachTarget, ProgramSpec } from "../spec/program-spec.ts";
import type { Link } from "./link.ts";
import { attachRawTracepoint, attachTpBtf } from "./raw-tracepoint.ts";
import { attachTracepoint } from "./tracepoint.ts";

type Attachers = {
  readonly [Kind in AttachTarget["kind"]]: (
    program: Program,
    target: Extract<AttachTarget, { kind: Kind }>,
  ) => Link;
};

const attachers: Attachers = {
  none: (program) => {
    throw new InvalidArgumentError(`program "${program.name}" does not say where it attaches`, {
      hint: "make it with tracepoint(…), rawTracepoint(…) or tpBtf(…)",
    });
  },
  tracepoint: (program, { category, name }) => attachTracepoint(program, category, name),
  raw_tracepoint: (program, { name }) => attachRawTracepoint(program, name),
  tp_btf: (program, { name }) => attachTpBtf(program, name),
};

/**
 * Attaches `program` to the target of its spec; the caller closes the link.
 * @throws {InvalidArgumentError} when the spec has no target, or the target does not exist.
 * @throws {PermissionError} without privileges.
 */
export function attach(program: Program): Link {
  const { target } = program.spec;
  const attacher = attachers[target.kind] as (program: Program, target: AttachTarget) => Link;
  return attacher(program, target);
}

/** Whether the spec of a program says where it attaches. */
export function isAttachable(spec: ProgramSpec): boolean {
  return spec.target.kind !== "none";
}
