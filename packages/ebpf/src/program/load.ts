/**
 * From a program's spec to a loaded program: encode, number its maps, let the kernel verify it.
 *
 * The first attempt asks for no log, which is the fast way. When it fails the load is repeated with one, in a buffer
 * that grows until the log fits, so that a rejection always says why.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { encode } from "../isa/encode.ts";
import { NoSpaceError, SyscallError } from "../kernel/errors.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import type { Handle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelName } from "../spec/kernel-name.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import { VerifierError } from "../verifier/verifier-error.ts";
import { tracepointTypeId } from "./attach-type-id.ts";
import { Program } from "./program.ts";

/** Handles of the maps a program may refer to, by name. */
export type MapHandles = ReadonlyMap<string, Handle>;

/**
 * Loads the program of `spec`; the caller closes it.
 * Privileges: CAP_BPF, and CAP_PERFMON for tracing or CAP_NET_ADMIN for networking (CAP_SYS_ADMIN before 5.8).
 * @throws {VerifierError} when the verifier rejects it, with the log.
 * @throws {PermissionError} without privileges.
 * @throws {InvalidArgumentError} when it refers to a map that is not in `maps`, or to a tracepoint that does not exist.
 */
export function loadProgram(
  kernel: Kernel,
  spec: ProgramSpec,
  maps: MapHandles = new Map(),
): Program {
  const attributes = loadAttributes(kernel, spec, maps);
  try {
    return new Program({ kernel, spec, handle: kernel.bpf("progLoad", attributes) });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return new Program({ kernel, spec, handle: loadWithLog(kernel, attributes, error) });
  }
}

function loadAttributes(kernel: Kernel, spec: ProgramSpec, maps: MapHandles): ProgLoad {
  const used: string[] = [];
  return {
    progType: spec.type,
    progName: kernelName(spec.name),
    insns: encode(spec.instructions, { map: (name) => numberOf(spec, maps, used, name) }),
    maps: used.map((name) => maps.get(name)!),
    license: spec.license,
    progFlags: spec.flags,
    expectedAttachType: spec.expectedAttachType,
    attachBtfId: tracepointTypeId(kernel, spec),
  };
}

/** Index of a map in the table that goes with the program; the map is put into it when it is met first. */
function numberOf(spec: ProgramSpec, maps: MapHandles, used: string[], name: string): number {
  if (!maps.has(name)) {
    throw new InvalidArgumentError(
      `program "${spec.name}" uses map "${name}", which is not there`,
      {
        hint: didYouMean(name, maps.keys()) ?? "add the map to what is loaded with the program",
      },
    );
  }
  const index = used.indexOf(name);
  return index === -1 ? used.push(name) - 1 : index;
}

/** Sizes of the log buffer tried one after the other; the last one is the largest that all kernels take. */
const logSizes = [1 << 16, 1 << 20, (1 << 24) - 1];

/**
 * Loads again to learn why the first attempt failed.
 * @throws {VerifierError} when the kernel wrote a log, else `refusal`, the error of the first attempt.
 */
function loadWithLog(kernel: Kernel, attributes: ProgLoad, refusal: SyscallError): Handle {
  let buffer = new Uint8Array();
  for (const size of logSizes) {
    buffer = new Uint8Array(size);
    try {
      return kernel.bpf("progLoad", { ...attributes, log: { level: 1, buffer } });
    } catch (error) {
      if (error instanceof NoSpaceError) continue;
      break;
    }
  }
  const log = new TextDecoder().decode(buffer);
  if (log[0] === "\0") throw refusal;
  throw new VerifierError(attributes.progName ?? "", log, { cause: refusal });
}
