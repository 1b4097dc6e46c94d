/**
 * What BTF says of tracepoints: the type to attach to, and the arguments programs get.
 *
 * For each tracepoint the kernel has a typedef `btf_trace_<name>` of a pointer to a function; its first parameter is the
 * kernel's own data, the others are what a BTF tracepoint program finds in its context, eight bytes each.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { signatureOf } from "./signature.ts";
import type { TypeSource } from "./type-source.ts";
import type { BtfParameter, BtfTypeId } from "./type.ts";

/** A tracepoint as BTF describes it. */
export interface BtfTracepoint {
  readonly name: string;
  /** Id of the typedef: what a `tp_btf` program names as the type it attaches to. */
  readonly id: BtfTypeId;
  /** What programs get, in order; argument `n` is at byte `8 * n` of their context. */
  readonly parameters: readonly BtfParameter[];
}

/** Source: `DEFINE_EVENT` and its like in include/trace/bpf_probe.h. */
const prefix = "btf_trace_";

/**
 * The tracepoint called `name`, without its group: `"sched_process_exec"`. Names of arguments are there on kernels
 * whose BTF has the function that calls the programs, `__traceiter_<name>`; else they are `""`.
 *
 * Minimum kernel: 5.5.
 * @throws InvalidArgumentError when there is no such tracepoint.
 */
export function tracepointArguments(types: TypeSource, name: string): BtfTracepoint {
  const id = tracepointId(types, name);
  const [, ...parameters] = signatureOf(types, id).parameters;
  const named = namedParameters(types, name);
  const fits = named.length === parameters.length;
  return Object.freeze({
    name,
    id,
    parameters: Object.freeze(fits ? named : parameters),
  });
}

/**
 * Id of the typedef of the tracepoint called `name`; the arguments are not looked at.
 * @throws InvalidArgumentError when there is no such tracepoint.
 */
export function tracepointId(types: TypeSource, name: string): BtfTypeId {
  const typedef = types.findByName(`${prefix}${name}`, "typedef");
  if (typedef === undefined) throw notFound(types, name);
  return typedef.id;
}

/** The parameters with names, from the function that is compiled from the tracepoint's own declaration. */
function namedParameters(types: TypeSource, name: string): BtfParameter[] {
  const func = types.findByName(`__traceiter_${name}`, "func");
  return func === undefined ? [] : signatureOf(types, func.id).parameters.slice(1);
}

function notFound(types: TypeSource, name: string): InvalidArgumentError {
  const hint = didYouMean(name, tracepointNames(types));
  return new InvalidArgumentError(
    `there is no tracepoint "${name}" in ${types.path}`,
    hint === undefined ? {} : { hint },
  );
}

function* tracepointNames(types: TypeSource): Generator<string, void> {
  for (const name of types.namesLike(prefix, "typedef")) {
    if (name.startsWith(prefix)) yield name.slice(prefix.length);
  }
}
