/**
 * The function of a loaded program that another one shall run in the stead of, or when it starts or returns.
 *
 * Functions of programs are named by types of the BTF that was loaded along with them, which the kernel hands out again.
 * @module
 */
import { assert } from "../base/assert.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import { type Btf, parseBtf } from "../btf/btf.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type {
  AttachTarget,
  FreplaceTarget,
  ProgramSpec,
  TrampolineTarget,
} from "../spec/program-spec.ts";
import type { Program } from "./program.ts";

/**
 * Attributes that say which function of a program `spec` is for; none for programs that are for something else.
 * @throws {InvalidArgumentError} when the other program is not there or not said, says nothing of itself, or has no such
 * function.
 */
export function replacedFunction(
  kernel: Kernel,
  { name, type, target }: ProgramSpec,
  replaces: Program | undefined,
): Pick<ProgLoad, "attachProg" | "attachBtfId"> {
  if (!isForProgram(target)) {
    if (type === "ext") throw noProgram(name);
    return {};
  }
  if (replaces === undefined) {
    throw new InvalidArgumentError(
      `program "${name}" is for program "${target.program}", which is not there`,
      { hint: "load both together, or give it when loading: { replaces }" },
    );
  }
  const btf = btfOf(kernel, replaces);
  const named = target.kind === "freplace" ? target.function : target.name;
  const wanted = named ?? mainFunction(replaces, btf);
  const found = btf.findByName(wanted, "func");
  if (found === undefined) throw noFunction(replaces, wanted, btf);
  return { attachProg: replaces.handle, attachBtfId: found.id };
}

function noProgram(name: string): InvalidArgumentError {
  const target = `{ kind: "freplace", program, programType, function }`;
  return new InvalidArgumentError(
    `program "${name}" runs in the stead of a function, and nothing says of which program`,
    {
      hint: `give it the target ${target}; in an object file by change({ targets: { ${name}: … } })`,
    },
  );
}

/** A place in another program. */
export type ProgramPlace = FreplaceTarget | (TrampolineTarget & { readonly program: string });

/** Whether `target` is a function of another program. */
export function isForProgram(target: AttachTarget): target is ProgramPlace {
  return "program" in target && target.program !== undefined;
}

/** The first function that a program says it has; of one opened by its pin the first in its BTF. */
function mainFunction({ name, spec }: Program, btf: Btf): string {
  const said = spec.functions?.find(({ index }) => index === 0)?.name;
  if (said !== undefined) return said;
  const [first] = btf.types("func");
  return first?.name ?? name;
}

/** @throws {InvalidArgumentError} when the program was loaded without. */
function btfOf(kernel: Kernel, program: Program): Btf {
  const { btfId: id } = program.info();
  if (id === 0) {
    throw new InvalidArgumentError(`program "${program.name}" says nothing of its functions`, {
      hint: "only programs written in TypeScript or with functions in their spec can be replaced",
    });
  }
  using object = kernel.bpf("btfGetFdById", { id });
  const info = kernel.bpf("objGetInfoByFd", { object, contents: "all" });
  assert(
    info.kind === "btf" && info.contents !== undefined,
    "the kernel shows BTF that was loaded",
  );
  return parseBtf(info.contents, { path: `program "${program.name}"` });
}

function noFunction(program: Program, name: string, btf: Btf): InvalidArgumentError {
  const names = [...btf.types("func")].map((type) => type.name);
  return new InvalidArgumentError(`program "${program.name}" has no function "${name}"`, {
    hint: didYouMean(name, names) ?? `it has ${names.join(", ")}`,
  });
}
