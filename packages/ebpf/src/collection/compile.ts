/**
 * Compiles the programs of a collection for the kernel they are loaded into.
 *
 * Which maps a program uses is known when it is compiled, and an array of programs among them brings more programs; so the
 * collection grows while it is gone through.
 * @module
 */
import { assertWord } from "../base/arguments.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Btf } from "../btf/btf.ts";
import { captureFunction } from "../capture/capture.ts";
import { isNotSupported } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { compileProgram, type CompileProgramOptions } from "../lang/compile-program.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import type { CollectionParts } from "../spec/collection-spec.ts";

/** How programs written in TypeScript are compiled. */
export type CompileOptions = Pick<CompileProgramOptions, "isaVersion" | "optimize">;

/**
 * Replaces the programs of `parts` that are written in TypeScript by what they are compiled to, and adds the maps
 * they use.
 * @throws {InvalidArgumentError} for an option that cannot be meant.
 * @throws {CompileError} with all that is wrong with a program; {@link CaptureError} when its source is not found.
 */
export function compileParts(
  kernel: Kernel,
  parts: CollectionParts,
  options: CompileOptions = {},
): void {
  assertOptions(options);
  const [major, minor] = kernel.version;
  const target = {
    ...options,
    capture: captureFunction,
    btf: btfOf(kernel),
    kernelVersion: major * 1000 + minor,
  };
  // Programs that are added on the way are met too: a map's iteration ends at what is its end by then.
  for (const [key, program] of parts.programs) {
    if (program.kind === "program") continue;
    const { spec, maps } = compileProgram({ ...target, program });
    parts.programs.set(key, spec);
    for (const map of maps) parts.addMap(map);
  }
}

const isaVersions: readonly unknown[] = [1, 2, 3, 4];

function assertOptions({ isaVersion, optimize }: CompileOptions): void {
  if (optimize !== undefined) assertWord(optimize, ["none", "full"], "how to optimize");
  if (isaVersion === undefined || isaVersions.includes(isaVersion)) return;
  throw new InvalidArgumentError(
    `there is no version ${String(isaVersion)} of the instruction set`,
    {
      hint: "there are 1, 2, 3 (kernel 5.1) and 4 (kernel 6.6)",
    },
  );
}

/** The kernel's types; programs that need none are compiled without them. */
function btfOf(kernel: Kernel): Btf | undefined {
  try {
    return kernelBtf(kernel);
  } catch (error) {
    if (isNotSupported(error)) return undefined;
    throw error;
  }
}
