/**
 * Functions that are checked by themselves: what they may take for granted, and whether a call gives it to them.
 *
 * What a parameter is its type says: a number, the context, or memory as large as what it points to, which may be null
 * unless a tag denies that. `btf_prepare_func_args` and `btf_check_func_arg_match` of the kernel.
 * @module
 */
import { InvalidArgumentError } from "../../../base/errors.ts";
import type { Btf } from "../../../btf/btf.ts";
import { contextNames } from "../context/names.ts";
import { changesPacket } from "../helper/changes-packet.ts";
import { assertReadable, typeName, type Surroundings } from "../memory/access.ts";
import { originFrom } from "../number/origin.ts";
import { unknownScalar } from "../number/scalar.ts";
import { dynptrAt } from "../object/dynptr.ts";
import type { CheckedProgram } from "../program.ts";
import { Refusal, Undecided } from "../refusal.ts";
import { currentFrame, newFrame, type State } from "../state/state.ts";
import { isFixed, isNull, isPointer, pointer, unset, type Value } from "../state/value.ts";
import type { ProgramFunction } from "./table.ts";

/** What a function takes. */
type Parameter =
  | { readonly kind: "number" }
  | { readonly kind: "context" }
  | { readonly kind: "dynptr" }
  | { readonly kind: "arena" }
  | { readonly kind: "memory"; readonly size: number; readonly nullable: boolean }
  | { readonly kind: "object"; readonly id: number; readonly nullable: boolean };

/** What a global function starts with. */
export interface GlobalStart {
  readonly empty: State;
  readonly newId: () => number;
  readonly usage: { deepest: number };
  readonly isForExceptions: boolean;
}

/** The state at the start of a global function. */
export function globalStart(
  program: CheckedProgram,
  called: ProgramFunction,
  { empty, newId, usage, isForExceptions }: GlobalStart,
): State {
  const frame = newFrame({ start: called.start, returnTo: -1, depth: 0 }, usage);
  const parameters = parametersOf(program, called);
  if (isForExceptions && (parameters.length !== 1 || parameters[0]?.kind !== "number"))
    throw new Refusal("exception cb only supports single integer argument", "EINVAL");
  for (const [index, parameter] of parameters.entries()) {
    frame.registers[index + 1] = given(program, parameter, newId);
  }
  return { ...empty, slot: called.start, frames: [frame] };
}

function given(program: CheckedProgram, parameter: Parameter, newId: () => number): Value {
  if (parameter.kind === "number") return { ...unknownScalar, origin: originFrom() };
  if (parameter.kind === "context") return pointer("ctx");
  if (parameter.kind === "dynptr") return pointer("dynptr_ptr", { id: newId() });
  if (parameter.kind === "arena") return pointer("arena");
  const { nullable } = parameter;
  const id = nullable ? newId() : 0;
  if (parameter.kind === "memory") return pointer("mem", { size: parameter.size, nullable, id });
  const type = { types: program.kernelTypes!, id: parameter.id };
  return pointer("ptr_", { type, trust: "trusted", nullable, id });
}

/** Checks what a call gives, and sets the registers to what they are behind it. */
export function checkGlobalCall(around: Surroundings, called: ProgramFunction): void {
  const { state, program } = around;
  const { registers } = currentFrame(state);
  if (state.locks.length > 0) {
    throw new Refusal(
      "global function calls are not allowed while holding a lock,\nuse static function instead",
      "EINVAL",
    );
  }
  assertMaySleep(around, called.start);
  for (const [index, parameter] of parametersOf(program, called).entries()) {
    const register = index + 1;
    const value = registers[register]!;
    if (value.kind === "unset") throw new Refusal(`R${register} !read_ok`);
    const complaint = complaintAbout(around, value, { parameter, register });
    if (complaint !== undefined) {
      throw new Refusal(
        `${complaint}\nCaller passes invalid args into func#${called.start} ('${called.name}')`,
        "EINVAL",
      );
    }
  }
  registers.fill(unset, 1, 6);
  registers[0] = called.returnsNothing ? unset : { ...unknownScalar, origin: originFrom() };
  changesPacket(around, called.start);
}

function assertMaySleep({ state, functions }: Surroundings, start: number): void {
  const { sleepable, rcu, preempt, irqs } = state;
  const may = sleepable && rcu === 0 && preempt === 0 && irqs.length === 0;
  if (may || !functions.maySleep(start)) return;
  throw new Refusal(
    "global functions that may sleep are not allowed in non-sleepable context,\n" +
      "i.e., in a RCU/IRQ/preempt-disabled section, or in\na non-sleepable BPF program context",
    "EINVAL",
  );
}

function complaintAbout(
  around: Surroundings,
  value: Value,
  { parameter, register }: { readonly parameter: Parameter; readonly register: number },
): string | undefined {
  if (parameter.kind === "number")
    return value.kind === "scalar" ? undefined : `R${register} is not a scalar`;
  if (parameter.kind === "context") {
    if (value.kind === "ctx" && isFixed(value) && value.offset === 0) return undefined;
    return `arg#${register - 1} expected pointer to ctx, but got ${isPointer(value) ? typeName(value) : value.kind}`;
  }
  if (parameter.kind === "arena") {
    const fits = value.kind === "arena" || value.kind === "scalar";
    return fits ? undefined : `R${register} is not a pointer to arena or scalar.`;
  }
  if (parameter.kind === "dynptr") {
    dynptrAt(around.state, { value, register });
    return undefined;
  }
  if (parameter.nullable && isNull(value)) return undefined;
  if (parameter.kind === "object") {
    if (!isPointer(value) || value.kind !== "ptr_")
      return `R${register} type=${value.kind} expected=trusted_ptr_`;
    return value.nullable && !parameter.nullable
      ? `R${register} type=${typeName(value)} expected=trusted_ptr_`
      : undefined;
  }
  if (!isPointer(value)) return `R${register} type=${value.kind} expected=fp, mem`;
  if (value.nullable && !parameter.nullable)
    return `R${register} type=${typeName(value)} expected=fp, mem`;
  assertReadable(
    around,
    { ...value, nullable: false },
    { register, size: parameter.size, write: true },
  );
  return undefined;
}

function parametersOf(
  program: CheckedProgram,
  { type, name }: ProgramFunction,
): readonly Parameter[] {
  const { types } = program;
  if (types === undefined || type === undefined) throw new Undecided(`what ${name} takes`);
  const func = types.typeById(type);
  const proto = func.kind === "func" ? types.typeById(func.type) : undefined;
  if (proto?.kind !== "func_proto") throw new Undecided(`what ${name} takes`);
  if (!scalars.has(types.resolve(proto.type).kind)) {
    throw new Refusal(
      `Global function ${name}() doesn't return scalar. Only those are supported.`,
      "EINVAL",
    );
  }
  if (proto.parameters.length > 5) {
    throw new Refusal(
      `Global function ${name}() with ${proto.parameters.length} > 5 args. Buggy compiler.`,
      "EINVAL",
    );
  }
  const tags = tagsOf(types, type);
  return proto.parameters.map((parameter, index) =>
    parameterOf(program, { types, id: parameter.type, index, name }, tags.get(index) ?? new Set()),
  );
}

const scalars: ReadonlySet<string> = new Set(["int", "enum", "enum64"]);

/** Words attached to the parameters, by their numbers. */
function tagsOf(types: Btf, func: number): ReadonlyMap<number, ReadonlySet<string>> {
  const tags = new Map<number, Set<string>>();
  for (const tag of types.types("decl_tag")) {
    if (tag.type !== func || tag.component === undefined) continue;
    const known = tags.get(tag.component) ?? new Set();
    tags.set(tag.component, known.add(tag.name));
  }
  return tags;
}

interface Typed {
  readonly types: Btf;
  readonly id: number;
  readonly index: number;
  readonly name: string;
}

function parameterOf(
  program: CheckedProgram,
  { types, id, index, name }: Typed,
  tags: ReadonlySet<string>,
): Parameter {
  const type = types.resolve(id);
  if (type.kind === "int" || type.kind === "enum" || type.kind === "enum64")
    return { kind: "number" };
  if (type.kind !== "ptr") {
    throw new Refusal(
      `Arg#${index} type ${type.kind.toUpperCase()} in ${name}() is not supported yet.`,
      "EINVAL",
    );
  }
  const to = types.resolve(type.type);
  if (tags.has("arg:ctx") || isContext(program, types, type.type)) return { kind: "context" };
  if (tags.has("arg:arena")) return { kind: "arena" };
  if (to.kind === "struct" && to.name === "bpf_dynptr") return { kind: "dynptr" };
  const nullable = !tags.has("arg:nonnull");
  if (tags.has("arg:trusted") || tags.has("arg:untrusted")) {
    const own = program.kernelTypes?.findByName(withoutFlavour(to.name), "struct");
    if (own === undefined) throw new Undecided(`struct ${to.name}`);
    return { kind: "object", id: own.id, nullable: tags.has("arg:nullable") };
  }
  try {
    return { kind: "memory", size: types.size(to.id), nullable };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new Refusal(
      `arg#${index} reference type('${to.kind.toUpperCase()} ${to.name}') size cannot be determined: -22`,
      "EINVAL",
    );
  }
}

/** `task_struct___old` is `task_struct` in every kernel. */
function withoutFlavour(name: string): string {
  return name.replace(/___.*$/, "");
}

function isContext({ type }: CheckedProgram, types: Btf, id: number): boolean {
  const names = contextNames[type] ?? [];
  let to = types.typeById(id);
  while (to.kind === "const" || to.kind === "volatile" || to.kind === "typedef") {
    if (names.includes(to.name)) return true;
    to = types.typeById(to.type);
  }
  return to.kind === "struct" && names.includes(to.name);
}
