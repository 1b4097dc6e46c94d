/**
 * Attaching one program to many functions with one link.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { LinkCreate } from "../kernel/commands.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type {
  KernelFunctionChoice,
  KprobeMultiTarget,
  UprobeMultiTarget,
  UserFunctionChoice,
} from "../spec/program-spec.ts";
import { assertTarget } from "./assert-target.ts";
import { FileFunctions } from "./function-offset.ts";
import { globExpression } from "./glob.ts";
import { libraryPath } from "./library-path.ts";
import { Link } from "./link.ts";

/**
 * Runs `program`, which was loaded for it, when one of many functions of the kernel is called or returns. Minimum kernel
 * 5.18, sessions 6.10. Privileges: CAP_PERFMON.
 * @throws {InvalidArgumentError} when a pattern fits nothing; {@link NotFoundError} when the kernel lacks one of them.
 * @throws {NotSupportedError} when the kernel cannot do it, or does not list its functions for a pattern.
 */
export function attachKprobeMulti(program: Program, target: KprobeMultiTarget): Link {
  assertProgram(program);
  assertTarget(target, ["kprobe_multi", "kretprobe_multi", "kprobe_session"]);
  const { kind, functions, cookies } = target;
  const places = kernelPlaces(program, functions);
  const count = (places.symbols ?? places.addresses ?? []).length;
  return linkMulti(program, `${kind} ${describe(functions, count)}`, {
    attachType: kind === "kprobe_session" ? "trace_kprobe_session" : "trace_kprobe_multi",
    kprobeMulti: {
      ...places,
      ...(kind === "kretprobe_multi" && { flags: ["return"] }),
      ...(cookies && { cookies }),
    },
  });
}

function kernelPlaces(
  { kernel }: Program,
  choice: KernelFunctionChoice,
): { readonly symbols?: readonly string[]; readonly addresses?: readonly bigint[] } {
  if (!("pattern" in choice)) return choice;
  const expression = globExpression(choice.pattern);
  const symbols = new Set(kernel.traceableFunctions().filter((name) => expression.test(name)));
  if (symbols.size > 0) return { symbols: [...symbols] };
  throw new InvalidArgumentError(`the kernel has no function that fits "${choice.pattern}"`, {
    hint: "patterns know * and ?, and are about whole names",
  });
}

/**
 * Runs `program`, which was loaded for it, when one of many places in a program or library is reached, or functions
 * return. Minimum kernel 6.6, sessions 6.13. Privileges: CAP_PERFMON.
 * @throws {InvalidArgumentError} when there is no such library or function, or a pattern fits nothing.
 * @throws {NotFoundError} when there is no such file or process.
 */
export function attachUprobeMulti(program: Program, target: UprobeMultiTarget): Link {
  assertProgram(program);
  assertTarget(target, ["uprobe_multi", "uretprobe_multi", "uprobe_session"]);
  const { kind, functions, cookies, counterOffsets, pid } = target;
  const path = libraryPath(program.kernel, target);
  const offsets = userPlaces(program, path, functions);
  return linkMulti(program, `${kind} ${path}:${describe(functions, offsets.length)}`, {
    attachType: kind === "uprobe_session" ? "trace_uprobe_session" : "trace_uprobe_multi",
    uprobeMulti: {
      path,
      offsets: offsets.map(BigInt),
      ...(kind === "uretprobe_multi" && { flags: ["return"] }),
      ...(cookies && { cookies }),
      ...(counterOffsets && { refCounterOffsets: counterOffsets.map(BigInt) }),
      ...(pid !== undefined && { pid }),
    },
  });
}

function userPlaces(
  { kernel }: Program,
  path: string,
  choice: UserFunctionChoice,
): readonly number[] {
  if ("offsets" in choice) return choice.offsets;
  const functions = new FileFunctions(kernel.readFile(path), path);
  if ("pattern" in choice) return functions.matching(choice.pattern);
  return choice.symbols.map((symbol) => functions.offsetOf(symbol));
}

function linkMulti(
  program: Program,
  target: string,
  attributes: Pick<LinkCreate, "attachType" | "kprobeMulti" | "uprobeMulti">,
): Link {
  const { kernel } = program;
  const handle = kernel.bpf("linkCreate", { prog: program.handle, ...attributes });
  const kind = attributes.uprobeMulti === undefined ? "kprobe_multi" : "uprobe_multi";
  return new Link({ kernel, kind, target, handle });
}

/** `"tcp_*" (312 functions)`, or the name of the only one. */
function describe(choice: KernelFunctionChoice | UserFunctionChoice, count: number): string {
  if ("pattern" in choice) return `"${choice.pattern}" (${count} functions)`;
  if ("symbols" in choice && count === 1) return choice.symbols[0]!;
  return `${count} functions`;
}
