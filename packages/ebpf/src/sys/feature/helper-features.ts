/**
 * Helpers: a call of one that the kernel does not have is refused with words of its own in the verifier's log.
 *
 * The calls have no arguments, so most are refused whatever the kernel has; only the words tell a helper that is not
 * there, or not for this kind of program, from one that was called wrongly (kernel/bpf/verifier.c, check_helper_call).
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { BpfError } from "../../base/errors.ts";
import { type CamelHelperName, helperId, type HelperName } from "../../helper/helper-id.ts";
import { allHelpers } from "../../helper/helper-signature.ts";
import { NotSupportedError, PermissionError } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { ProgramType } from "../../spec/words.ts";
import type { Feature } from "./feature.ts";
import { probedTypes, shapesOf } from "./program-features.ts";
import { exit, loadInstructions, type ProgramShape } from "./smallest-program.ts";

type ProbedType = (typeof probedTypes)[number];

/**
 * Whether programs of `type` may call a helper on this kernel; `undefined` when this process may not try. Answers are
 * kept. Types `ext` and `struct_ops` cannot be asked for, as they are loaded for something else: `undefined`.
 * @throws {InvalidArgumentError} when no helper is called so.
 */
export function probeHelper(
  kernel: Kernel,
  helper: HelperName | CamelHelperName,
  type: ProgramType,
): boolean | undefined {
  return probeId(kernel, helperId(helper), type);
}

/** Kinds of programs that may call a helper on this kernel, as far as this process may try. */
export function typesWithHelper(
  kernel: Kernel,
  helper: HelperName | CamelHelperName,
): readonly ProgramType[] {
  const id = helperId(helper);
  return probedTypes.filter((type) => probeId(kernel, id, type) === true);
}

/** Only for programs of type `struct_ops`. */
const outOfReach: ReadonlySet<HelperName> = new Set(["tcp_send_ack"]);

/** One row for each helper: whether any kind of program that can be loaded on its own may call it. */
export const helperFeatures: readonly Feature[] = allHelpers()
  .filter(({ name }) => !outOfReach.has(name))
  .map(({ name, id, since }) => ({
    name,
    group: "helper",
    since,
    probe: (kernel) => expectSomewhere(kernel, id, name),
  }));

/** Those that may call most of all helpers come first, so that few are asked. */
const order = [
  ...new Set<ProbedType>(["sched_cls", "kprobe", "xdp", "tracing", "cgroup_skb", ...probedTypes]),
];

/** @throws what the process may not try, or {@link NotSupportedError}, when no kind of program may call the helper. */
function expectSomewhere(kernel: Kernel, id: number, name: string): void {
  let obstacle: BpfError | undefined;
  for (const type of order) {
    const answer = askOnce(kernel, id, type);
    if (answer === "granted") return;
    if (answer instanceof PermissionError) obstacle ??= answer;
  }
  throw obstacle ?? new NotSupportedError(`helper ${name}`);
}

/** What the kernel said to a call: it takes it, or why it does not. */
type Answer = "granted" | BpfError;

const answers = new WeakMap<Kernel, Map<string, Answer>>();

function probeId(kernel: Kernel, id: number, type: ProgramType): boolean | undefined {
  const probed = probedTypes.find((one) => one === type);
  if (probed === undefined) return undefined;
  const answer = askOnce(kernel, id, probed);
  return answer instanceof PermissionError ? undefined : answer === "granted";
}

function askOnce(kernel: Kernel, id: number, type: ProbedType): Answer {
  const known = answers.get(kernel) ?? new Map<string, Answer>();
  answers.set(kernel, known);
  const key = `${id} ${type}`;
  const answer = known.get(key) ?? ask(kernel, id, type);
  known.set(key, answer);
  return answer;
}

const notThere = /unknown func|invalid func|cannot use helper/;

function ask(kernel: Kernel, id: number, type: ProbedType): Answer {
  let obstacle: BpfError | undefined;
  try {
    for (const shape of shapesOf(kernel, type)) {
      const answer = askWith(kernel, id, shape);
      if (answer === "granted") return answer;
      if (obstacle === undefined || answer instanceof PermissionError) obstacle = answer;
    }
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    obstacle ??= error;
  }
  return obstacle ?? new NotSupportedError(`programs of type ${type}`);
}

function askWith(kernel: Kernel, id: number, shape: ProgramShape): Answer {
  const log = { level: 1, buffer: new Uint8Array(4096) };
  try {
    loadInstructions(kernel, [{ kind: "call-helper", id }, exit], { ...shape, log }).close();
    return "granted";
  } catch (cause) {
    if (!(cause instanceof BpfError)) throw cause;
    const text = cString(log.buffer);
    // Without a word, the program did not come as far as the call.
    if (text === "" && cause instanceof PermissionError) return cause;
    if (text !== "" && !notThere.test(text)) return "granted";
    return new NotSupportedError(`helper ${id} in programs of type ${shape.progType}`, { cause });
  }
}
