/**
 * Attaching programs as filters of traffic control.
 *
 * A filter belongs to nobody: it stays when the process ends without closing. It is told apart by its priority and handle,
 * and taken away only while it is still the program that was put there.
 * @module
 */
import { assertWhole } from "../base/arguments.ts";
import { assertOptions, type Checks, isAnything, isText, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { Handle, HasHandle, ProgramId } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { FilterId, FilterPlace, NewFilter } from "../kernel/network.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { TcFilter } from "../spec/network-target.ts";
import { assertFilter } from "../spec/tc.ts";
import { holdClsact } from "./clsact.ts";
import { Link, type LinkUpdateOptions } from "./link.ts";

/** Options of {@link attachTc}. */
export interface TcPlace extends TcFilter {
  /** The side of the interface; left out for a block. */
  readonly direction?: "ingress" | "egress";
  /** `same`: takes the place of the filter that has this priority and handle. */
  readonly replace?: "none" | "same";
}

/** A block, which several interfaces share, by its number. */
export interface TcBlock {
  readonly block: number;
}

/**
 * Runs `program` as a filter on the packets that come in or go out through an interface, or through all that share a block.
 * An interface without `clsact` gets one, until the last link of this process to it is closed. What is there
 * `kernel.network.filters` tells. Minimum kernel 4.5; for blocks 4.16. Privileges: CAP_NET_ADMIN in the network namespace.
 * @throws {NotFoundError} when there is no such interface.
 * @throws {ExistsError} when there is a filter with this priority and handle.
 * @throws {NotSupportedError} when it shall run on the card alone, and that cannot.
 * @throws {InvalidArgumentError} for a priority or handle that the kernel has no room for, or without a direction.
 */
export function attachTc(
  program: Program,
  target: string | number | TcBlock,
  options: TcPlace = {},
): TcLink {
  assertProgram(program);
  assertOptions(options, placeChecks, "a filter");
  const { direction, replace = "none", ...given } = options;
  const filter = { ...given, hardware: given.hardware ?? usualHardware(program) };
  assertFilter(filter);
  const { kernel } = program;
  using stack = new DisposableStack();
  const place = placeOf(program, target, direction);
  if ("interface" in place) stack.use(holdClsact(kernel, place.interface));
  const wanted = newFilter(program, filter);
  // Whatever may fail comes before the filter is added, which nobody would take away again.
  const running: Running = { id: idOf(kernel, program) };
  const handle = stack.use(program.handle.duplicate());
  const id = kernel.network.addFilter(place, { ...wanted, replace: replace === "same" });
  const side = typeof target === "object" ? `block ${target.block}` : `interface ${target}`;
  const name = `${direction ?? "filters"} of ${side}`;
  const hold = { program, name, place, filter: { ...wanted, ...id }, handle, running };
  return new TcLink({ ...hold, held: stack.move() });
}

/** What is loaded for a card runs only there. */
function usualHardware({ spec: { target } }: Program): TcFilter["hardware"] {
  return target.kind === "tc" && target.device === "offload" ? "skip_sw" : undefined;
}

/** Numbers are for `assertFilter`, words besides. */
const placeChecks: Checks<TcPlace> = {
  direction: isWord(["ingress", "egress"]),
  replace: isWord(["none", "same"]),
  name: isText,
  priority: isAnything,
  handle: isAnything,
  protocol: isAnything,
  result: isAnything,
  classId: isAnything,
  hardware: isAnything,
};

interface TcHold {
  readonly program: Program;
  readonly name: string;
  readonly place: FilterPlace;
  readonly filter: NewFilter & FilterId;
  readonly handle: Handle;
  readonly running: Running;
  /** What is let go of when the filter is gone, the handle among it. */
  readonly held: Disposable;
}

/** A program that is a filter of traffic control. */
export class TcLink extends Link {
  /** What tells the filter apart at its place, as the kernel chose where it was left to it. */
  readonly filter: FilterId;
  readonly #hold: TcHold;

  constructor(hold: TcHold) {
    const { program, name, filter, handle: ownHandle } = hold;
    const { kernel } = program;
    const more = { [Symbol.dispose]: () => takeAway(hold) };
    super({ kernel, kind: "clsact", target: name, handle: ownHandle, more });
    const { priority, handle, protocol } = filter;
    this.filter = { priority, handle, protocol };
    this.#hold = hold;
  }

  /** Makes the filter run another program. What it runs now cannot be demanded. */
  override update(next: HasHandle, { expected }: LinkUpdateOptions = {}): void {
    // Throws when the link is closed.
    void this.handle;
    if (expected !== undefined) {
      throw new NotSupportedError("replacing a filter only when it runs a certain program");
    }
    const { program, place, filter, running } = this.#hold;
    const id = idOf(program.kernel, next);
    program.kernel.network.addFilter(place, { ...filter, program: next.handle, replace: true });
    running.id = id;
  }
}

/** What a link runs at the moment. */
interface Running {
  id: ProgramId;
}

function idOf(kernel: Kernel, { handle: object }: HasHandle): ProgramId {
  return kernel.bpf("objGetInfoByFd", { object }).id as ProgramId;
}

/** Takes the filter away, unless it is another one's by now, and lets go of the rest. */
function takeAway({ program, place, filter, held, running }: TcHold): void {
  using _ = held;
  program.kernel.network.removeFilter(place, { ...filter, program: running.id });
}

/** @throws {InvalidArgumentError} when there is no direction, an unknown one, or one for a block. */
function placeOf(
  { kernel }: Program,
  target: string | number | TcBlock,
  direction: "ingress" | "egress" | undefined,
): FilterPlace {
  if (typeof target === "object") {
    assertWhole(target?.block, "the number of a block", { least: 1, most: 0xffff_ffff });
    if (direction === undefined) return { block: target.block };
    throw new InvalidArgumentError("a block has no direction", { hint: "leave it out" });
  }
  if (direction === undefined) {
    const hint = 'say { direction: "ingress" } or { direction: "egress" }';
    throw new InvalidArgumentError(`a filter at interface ${String(target)} has no direction`, {
      hint,
    });
  }
  return { interface: interfaceIndexOf(kernel, target), direction };
}

function newFilter(program: Program, { result, name, ...filter }: TcFilter): NewFilter {
  return {
    ...filter,
    program: program.handle,
    name: name ?? program.name,
    directAction: result !== "class",
    replace: false,
  };
}
