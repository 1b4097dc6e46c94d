/**
 * What is kept of a program that is compiled while its file is bundled.
 *
 * A program that depends on the kernel is kept together with all that a kernel needs to relocate it: the types it was compiled
 * with, of each struct the members it uses.
 * @module
 */
import type { TypeSource } from "../btf/type-source.ts";
import type { SourceLine } from "../isa/instruction.ts";
import { programBtf } from "../relocate/program-btf.ts";
import type { ProgramSpec } from "../spec/program-spec.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import { type CompiledForm, convertDescription, programKind } from "./compiled-ahead.ts";

/** How a program was compiled, and what of it is kept. */
export interface FormOptions {
  /** The types it was compiled with. */
  readonly types: TypeSource;
  /** Without lines a form says nothing of the source. */
  readonly lineInfo: boolean;
}

/** The form of a compiled program, as it stands beside its function. */
export function formOf(
  program: SourceProgramSpec,
  compiled: ProgramSpec,
  { types, lineInfo }: FormOptions,
): CompiledForm {
  const { functions, relocations } = compiled;
  const spec = lineInfo ? compiled : withoutSource(compiled);
  const described = relocations === undefined ? undefined : programBtf(spec, { types });
  const lines = new Map<string, SourceLine>();
  const indexOf = (line: SourceLine): number => {
    const key = `${line.file}:${line.line}:${line.column}`;
    lines.set(key, lines.get(key) ?? line);
    return [...lines.keys()].indexOf(key);
  };
  const instructions = (described ?? spec).instructions.map(({ source, ...one }) =>
    source === undefined ? one : { ...one, source: indexOf(source) },
  );
  return {
    kind: programKind(program),
    lines: [...lines.values()],
    instructions,
    ...(functions === undefined || !lineInfo ? {} : { functions }),
    ...(relocations === undefined ? {} : { relocations }),
    ...(described === undefined ? {} : { description: convertDescription(described, toBase64) }),
  };
}

function withoutSource(spec: ProgramSpec): ProgramSpec {
  return { ...spec, instructions: spec.instructions.map(({ source: _source, ...one }) => one) };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
