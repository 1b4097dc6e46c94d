/**
 * Loading programs into the simulated kernel.
 *
 * What the machine cannot run is found here and not half-way through a run: instructions that are none, helpers that are
 * not simulated. Whether a program does what no program may is for the checker to find (`verify.ts`).
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import { helperSymbol } from "../../helper/helper-id.ts";
import type { ProgLoad } from "../../kernel/commands.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Handle } from "../../kernel/handle.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf, SimulatedHandle } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import { tailCallHelper } from "../vm/interpret.ts";
import { verify } from "./verify.ts";

/**
 * A handle of the program.
 * @throws {NotSupportedError} when it calls a helper that is not simulated, with its name.
 * @throws {SyscallError} when its instructions are none, or the checker refuses it.
 */
export function loadProgram(core: Core, attributes: ProgLoad): Handle {
  const maps = (attributes.maps ?? []).map((map) => objectOf(map, SimulatedMap));
  const { machine, world } = core;
  const operation = { text: `load ${attributes.progName ?? attributes.progType}` };
  core.check(attributes.insns.length === 0 ? failed.tooBig : 0, "progLoad", () => operation);
  try {
    const program = new SimulatedProgram({ attributes, maps, machine, now: world.now });
    const { checking, kernelTypes } = core;
    const verdict = verify(attributes, { checking, maps, kernelTypes: kernelTypes() });
    core.check(verdict, "progLoad", () => operation);
    assertSimulated(core, program);
    return new SimulatedHandle(core.addProgram(program));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw core.error("progLoad", failed.invalid, { ...operation, reason: error.message });
  }
}

function assertSimulated({ helpers, kfuncs }: Core, { program, label }: SimulatedProgram): void {
  for (const instruction of program.slots) {
    if (instruction?.kind === "call-kfunc" && !kfuncs.has(instruction.function)) {
      const { function: callee } = instruction;
      const name = typeof callee === "string" ? callee : kfuncs.nameOf(callee);
      throw new NotSupportedError(`function ${name}, which ${label} calls`, {
        hint: "the simulated kernel does not have it; run the program on a real one",
      });
    }
    if (instruction?.kind !== "call-helper") continue;
    const { id: helper } = instruction;
    if (helper === tailCallHelper || helpers.has(helper)) continue;
    throw new NotSupportedError(`helper ${helperSymbol(helper) ?? helper}, which ${label} calls`, {
      hint: "the simulated kernel does not have it; run the program on a real one",
    });
  }
}
