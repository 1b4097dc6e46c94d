/**
 * Functions of programs at which other programs are: in their stead, at their start, at their return.
 *
 * The machine calls what is here in the place of the function, with its arguments in the registers.
 * @module
 */
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { ProgramFunction } from "../program.ts";
import { runAttached } from "./run.ts";
import { Scope } from "./scope.ts";

/** In what ways programs are at functions of others. */
export const functionEventsOfPrograms = ["ext", "fentry", "fexit"] as const;

/** Makes programs run at a function, until it is disposed and none is there any more. */
export function wrapFunction(core: Core, target: ProgramFunction): Disposable {
  const { machine, attachments } = core;
  const { program, slot } = target;
  machine.wrap(program.program, slot, (run) => runWrapped(core, target, run));
  const isWatched = (): boolean =>
    functionEventsOfPrograms.some((it) => attachments.at(place.programFunction(it, target)).length);
  return {
    [Symbol.dispose]: () => {
      if (!isWatched()) machine.wrap(program.program, slot, undefined);
    },
  };
}

function runWrapped(core: Core, target: ProgramFunction, run: () => void): void {
  const { machine, attachments } = core;
  const at = (event: (typeof functionEventsOfPrograms)[number]) =>
    attachments.at(place.programFunction(event, target));
  const [replacement] = at("ext");
  if (replacement !== undefined) return machine.continueIn(replacement.program.program);
  const given = machine.registers.slice(1, 6);
  const words = [...given.subarray(0, target.argumentCount)];
  using scope = new Scope(core);
  const options = { given: { argumentCount: words.length } };
  runAttached(core, at("fentry"), scope.words([...words, 0n]), options);
  machine.registers.set(given, 1);
  run();
  const result = machine.registers[0]!;
  runAttached(core, at("fexit"), scope.words([...words, result]), options);
  machine.registers[0] = result;
}
