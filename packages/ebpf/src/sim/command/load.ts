/**
 * Loading programs into the simulated kernel.
 *
 * What the machine cannot run is found here and not half-way through a run: instructions that are none, helpers that are
 * not simulated. Whether a program does what no program may is for the checker to find (`verify.ts`).
 * @module
 */
import { MalformedError } from "../../base/errors.ts";
import { helperName, helperSymbol } from "../../helper/helper-id.ts";
import type { ProgLoad } from "../../kernel/commands.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import type { Meanings, Operation } from "../../kernel/failure.ts";
import type { Handle } from "../../kernel/handle.ts";
import { programOffloadMeanings } from "../../kernel/offload-meanings.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { unsimulated } from "../helper/unsimulated.ts";
import { ArenaStore } from "../map/arena-store.ts";
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
  if ((attributes.coreRelos?.bytes.length ?? 0) > 0)
    throw new NotSupportedError("relocating programs in the kernel (core_relos)", {
      hint: "the simulated kernel does not have it; let the library relocate, which it does if not told otherwise",
    });
  const maps = (attributes.maps ?? []).map((map) => objectOf(map, SimulatedMap));
  const { machine, world } = core;
  const operation = { text: `load ${attributes.progName ?? attributes.progType}` };
  core.check(attributes.insns.length === 0 ? failed.tooBig : 0, "progLoad", () => operation);
  core.check(isForCard(attributes) ? failed.invalid : 0, "progLoad", () => ({
    ...operation,
    meanings: programOffloadMeanings(attributes),
  }));
  let program: SimulatedProgram | undefined;
  try {
    program = new SimulatedProgram({ attributes, maps, machine, now: world.now }).hold();
    assertAccepted(core, program, operation);
    return new SimulatedHandle(core.addProgram(program));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw core.error("progLoad", failed.invalid, { ...operation, reason: error.message });
  } finally {
    // One that is refused lets go of its maps.
    program?.drop();
  }
}

/** Whether it shall run on a network card, of which no interface has one. */
function isForCard({ progIfindex, progFlags = [] }: ProgLoad): boolean {
  return progIfindex !== undefined && !progFlags.includes("xdp_dev_bound_only");
}

function assertAccepted(core: Core, program: SimulatedProgram, operation: Operation): void {
  const { attributes, maps } = program;
  const { checking, kernelTypes } = core;
  const verdict = verify(attributes, { checking, maps, kernelTypes: kernelTypes() });
  core.check(verdict, "progLoad", () => operation);
  assertSimulated(core, program);
  core.check(targetRefusal(program), "progLoad", () => ({
    ...operation,
    meanings: targetMeanings,
  }));
  core.check(arenaRefusal(program), "progLoad", () => ({ ...operation, meanings: arenaMeanings }));
}

const targetMeanings: Meanings = {
  EINVAL: { reason: "the other program has no global function of this number" },
};

/** What the verifier asks of functions of other programs (`bpf_check_attach_target`). */
function targetRefusal({ attributes, target }: SimulatedProgram): number {
  const isExtension = attributes.progType === "ext";
  if (attributes.attachProg === undefined) return isExtension ? failed.invalid : 0;
  const isMeant = target !== undefined && (!isExtension || target.linkage !== "static");
  return isMeant ? 0 : failed.invalid;
}

const arenaMeanings: Meanings = {
  EBUSY: { reason: "a program has one arena at most" },
  EINVAL: {
    reason:
      "addresses of an arena are cast, and the program has none that user space has in its memory",
    hint: "open the arena first (createMap), and name it in the program",
  },
};

/** What the verifier asks of arenas (kernel/bpf/verifier.c): 0 or a negated errno. */
function arenaRefusal({ maps, program }: SimulatedProgram): number {
  // A map is given once for each name that the program has for it.
  const stores = new Set(maps.map(({ store }) => store));
  const arenas = [...stores].filter((store) => store instanceof ArenaStore);
  if (arenas.length > 1) return failed.busy;
  const casts = program.slots.some((instruction) => instruction?.kind === "addr-space-cast");
  const [arena] = arenas;
  return arena === undefined ? (casts ? failed.invalid : 0) : arena.mapped ? 0 : failed.invalid;
}

/** @throws {NotSupportedError} when it calls something that is not simulated, with its name. */
function assertSimulated(core: Core, program: SimulatedProgram): void {
  const missing = missingCallee(core, program);
  if (missing === undefined) return;
  // Nothing that the checker has written is the reason.
  program.attributes.log?.buffer.fill(0, 0, 1);
  const { callee, hint } = missing;
  throw new NotSupportedError(`${callee}, which ${program.label} calls`, { hint });
}

/** What is called and is not there, and what to do about it. */
interface MissingCallee {
  readonly callee: string;
  readonly hint: string;
}

function missingCallee(core: Core, { program }: SimulatedProgram): MissingCallee | undefined {
  for (const instruction of program.slots) {
    if (instruction?.kind === "call-kfunc" && !core.kfuncs.has(instruction.function))
      return missingKfunc(core, instruction.function);
    if (instruction?.kind !== "call-helper") continue;
    const { id: helper } = instruction;
    if (helper === tailCallHelper || core.helpers.has(helper)) continue;
    // No kernel has it: loaders put such a number where nothing gets to, which is the checker's to know.
    if (helperSymbol(helper) === undefined) continue;
    const reason = unsimulated[helperName(helper)!] ?? "it does not have it";
    const hint = `the simulated kernel: ${reason}; run the program on a real one`;
    return { callee: `helper ${helperSymbol(helper)}`, hint };
  }
  return undefined;
}

function missingKfunc({ kfuncs }: Core, called: string | number): MissingCallee {
  const name = typeof called === "string" ? called : kfuncs.nameOf(called);
  const declare = `kernel.addKfunc("${name}", …), or "kfuncs" in the file of --world`;
  const hint = `the simulated kernel does not have it: say what it gives with ${declare}; or run the program on a real one`;
  return { callee: `function ${name}`, hint };
}
