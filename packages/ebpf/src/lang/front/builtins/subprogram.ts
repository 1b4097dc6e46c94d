/**
 * Calls of other functions marked "use bpf": they become functions of the same program.
 *
 * What is passed decides what the parameters are: a function is lowered once for each combination of types, and what is
 * known when compiling (maps, layouts, texts) is known inside of it as well. Objects in memory are passed by address.
 * @module
 */
import { BpfError } from "../../../base/errors.ts";
import type { ProgramFunction } from "../../../spec/program-spec.ts";
import type { Value } from "../../ir/operation.ts";
import type { SourceFunction } from "../../source/source-function.ts";
import type { CallSite } from "../call-site.ts";
import { describeEntity } from "../describe.ts";
import {
  constant,
  type Entity,
  type HandOver,
  type Place,
  type Pointer,
  type Scalar,
  undefinedEntity,
} from "../entity.ts";
import { mergedEntity } from "../expression/value.ts";
import type { Lowering } from "../lowering.ts";
import { call, type CallArgument } from "../memory/helper-call.ts";
import { storeWord } from "../memory/bytes.ts";
import { type DirectPlace, placeBehind, slotPlace, stackPlace } from "../memory/place.ts";
import { constantScalar } from "../scalar.ts";
import { bindPattern } from "../statement/declaration.ts";
import { voidType } from "../type.ts";
import { insteadOf } from "./unsupported-calls.ts";
import type { Subprogram } from "../program-context.ts";

/** Registers r1 to r5 take arguments. */
const mostArguments = 5;

/** Calls a captured function of the source. */
export function callSubprogram(site: CallSite, callee: (...given: never[]) => unknown): Entity {
  const { lowering, node } = site;
  const source = sourceOf(site, callee);
  const passed = site.node.arguments.map((_, index) => passArgument(site, index));
  const registers = passed.flatMap(({ argument }) => (argument === undefined ? [] : [argument]));
  if (registers.length > mostArguments) {
    const hint = "put them into a struct: Key({ … })";
    site.fail(`a function takes at most ${mostArguments} values`, hint);
  }
  const { name, results } = subprogram(site, { callee, source, passed });
  const isPointer = results.some(({ kind }) => kind === "pointer");
  const local = { kind: "local", name } as const;
  const operand = call(lowering, local, registers, { pointer: isPointer });
  for (const { after } of passed) after?.();
  if (results.length === 0) return undefinedEntity;
  return mergedEntity(lowering, { entities: results, operand, node });
}

/** The source of a function; ends in an error when it has none. */
export function sourceOf(site: CallSite, callee: (...given: never[]) => unknown): SourceFunction {
  try {
    return site.lowering.program.capture(callee);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return site.fail(`${site.written} cannot be called in a kernel program`, insteadOf(callee));
  }
}

/** An argument: what the parameter is inside, and what is put into a register for it. */
interface Passed {
  /** Tells arguments apart that need functions of their own. */
  readonly key: string;
  readonly argument?: CallArgument;
  /** What the parameter is, given the register. */
  readonly inside: (lowering: Lowering, register: Value | undefined) => Entity;
  /** To be done behind the call. */
  readonly after?: () => void;
}

function passArgument(site: CallSite, index: number): Passed {
  const entity = site.value(index);
  if (entity.kind === "constant") return passConstant(site, entity.value, index);
  if (entity.kind === "scalar") return passScalar(entity);
  if (entity.kind === "pointer") return passPointer(site, entity);
  if (entity.kind === "place") return passPlace(site, entity);
  if (entity.kind === "special" && entity.handOver !== undefined) {
    return passSpecial(site, entity.handOver, entity.description);
  }
  if (entity.kind === "pending") {
    const place = stackPlace(site.lowering, entity.type, "argument");
    entity.fill(place);
    return passPlace(site, place);
  }
  const message = `${describeEntity(entity)} cannot be passed to a function`;
  const hint = "give its fields one by one, or a struct with a layout: Key({ … })";
  return site.lowering.fail(site.argumentNode(index), message, hint);
}

function passScalar({ type, operand }: Scalar): Passed {
  const inside = (_: Lowering, register?: Value): Entity => ({
    kind: "scalar",
    type,
    operand: register!,
  });
  return { key: JSON.stringify(type), argument: operand, inside };
}

/** What is known not to be null outside is so inside. */
function passPointer({ lowering }: CallSite, { binding, operand, type: outside }: Pointer): Passed {
  const isPresent = binding !== undefined && lowering.facts.has(binding);
  const nullable = outside.nullable && !isPresent;
  // The register with the end of the packet is one of the caller.
  const type = { ...outside, nullable, end: undefined };
  const key = `${type.target.name} in ${type.region.name} ${type.map?.name ?? ""} ${nullable}`;
  const inside = (_: Lowering, register?: Value): Entity => ({
    kind: "pointer",
    type,
    operand: register!,
  });
  return { key, argument: operand, inside };
}

/** Numbers are passed in registers, so that one function serves them all; other constants are known inside. */
function passConstant(site: CallSite, value: unknown, index: number): Passed {
  if (typeof value === "number" || typeof value === "boolean") {
    return passScalar(constantScalar(site.lowering, value, site.argumentNode(index)));
  }
  const key = `constant ${site.lowering.program.identityOf(value)}`;
  return { key, inside: () => constant(value) };
}

function passPlace(site: CallSite, place: Place): Passed {
  if (place.address.kind === "indexed") {
    return site.fail("an element whose index is not constant cannot be passed", "pass the index");
  }
  const { type, region, map } = place;
  const key = `${type.name} at ${region.name} ${map?.name ?? ""}`;
  const inside = (lowering: Lowering, register?: Value): Entity =>
    placeBehind(lowering, register!, { target: type, region, nullable: false, map });
  return { key, argument: place as DirectPlace, inside };
}

/** A thing made of several words: they lie on the stack during the call, and may have changed behind it. */
function passSpecial({ lowering }: CallSite, handOver: HandOver, name: string): Passed {
  const { builder } = lowering;
  const words = handOver.words(lowering);
  const slot = builder.slot(name, 8 * words.length, 8);
  const place = slotPlace(slot, { ...voidType, size: slot.size });
  words.forEach((stored, index) =>
    storeWord(lowering, place, { offset: 8 * index, bytes: 8, stored }),
  );
  const after = (): void => {
    const load = { kind: "load-slot", slot, bytes: 8, signed: false } as const;
    const changed = words.map((_, index) =>
      builder.define({ ...load, offset: 8 * index }, { pointer: true, present: true }),
    );
    handOver.update(lowering, changed);
  };
  const inside = (inner: Lowering, base?: Value): Entity =>
    receive(inner, { handOver, base: base!, count: words.length });
  return { key: name, argument: place, inside, after };
}

function receive(
  inner: Lowering,
  {
    handOver,
    base,
    count,
  }: { readonly handOver: HandOver; readonly base: Value; readonly count: number },
): Entity {
  const word = { base: base, bytes: 8, memory: "other" } as const;
  const words = Array.from({ length: count }, (_, index) =>
    inner.builder.define(
      { kind: "load", ...word, offset: 8 * index, signed: false },
      { pointer: true, present: true },
    ),
  );
  const entity = handOver.receive(inner, words);
  inner.guards.push(() => {
    entity.handOver!.words(inner).forEach((stored, index) => {
      if (stored === words[index]) return;
      inner.builder.effect({ kind: "store", ...word, offset: 8 * index, stored });
    });
  });
  return entity;
}

interface Callee {
  readonly callee: unknown;
  readonly source: SourceFunction;
  readonly passed: readonly Passed[];
}

/** The function of the program that is called; lowered when it is called first. */
function subprogram(site: CallSite, { callee, source, passed }: Callee): Subprogram {
  const { program } = site.lowering;
  const key = [program.identityOf(callee), ...passed.map((argument) => argument.key)].join("; ");
  const known = program.subprograms.get(key);
  if (known !== undefined) return known;
  if (program.open.has(callee)) {
    site.fail(`${source.name || "the function"} calls itself`, "write a loop with a bound");
  }
  const results: Entity[] = [];
  const name = program.nameFor(source.name || site.name);
  program.open.add(callee);
  const bind = (lowering: Lowering): void => bindParameters(lowering, passed);
  program.lower({ source, name, parameters: parametersOf(source, passed), results, bind });
  program.open.delete(callee);
  const made = { name, results };
  program.subprograms.set(key, made);
  return made;
}

function parametersOf(
  { node }: SourceFunction,
  passed: readonly Passed[],
): ProgramFunction["parameters"] {
  return passed.flatMap(({ argument }, index) => {
    if (argument === undefined) return [];
    const pattern = node.params[index];
    const name = pattern?.type === "Identifier" ? pattern.name : `argument${index}`;
    const isAddress = typeof argument === "object";
    return [{ name, type: isAddress ? ("pointer" as const) : ("u64" as const) }];
  });
}

function bindParameters(lowering: Lowering, passed: readonly Passed[]): void {
  const { params } = lowering.source.node;
  const registers = [...lowering.builder.function.blocks[0]!.parameters];
  params.forEach((pattern, index) => {
    const given = passed[index];
    if (pattern.type === "RestElement" || pattern.type === "TSParameterProperty") {
      lowering.fail(pattern, "parameters must be written one by one", "name each: (a, b) => …");
    }
    if (given === undefined) return bindPattern(lowering, pattern, undefinedEntity);
    const register = given.argument === undefined ? undefined : registers.shift();
    bindPattern(lowering, pattern, given.inside(lowering, register));
  });
}
