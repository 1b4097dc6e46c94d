/**
 * Attaching XDP programs to network interfaces.
 *
 * A link is the usual way. Over netlink is the older one, taken on kernels before 5.9 and by wish: there a program may
 * take the place of another one, and stays when the process ends without closing. The kind of the link tells.
 * @module
 */
import { assertOptions, type Checks, isAnything, isWord } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { LinkFlag } from "../kernel/commands.ts";
import { ExistsError, isNotFound, isNotSupported } from "../kernel/errors.ts";
import type { Handle, HasHandle } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import { assertProgram, type Program } from "../program/program.ts";
import { type XdpMode, xdpModes, type XdpWay, xdpWays } from "../spec/program-spec.ts";
import { Link, type LinkUpdateOptions } from "./link.ts";

/** Options of {@link attachXdp}. */
export interface XdpPlace {
  /** `any` when left out: in the driver where that can, else behind it. */
  readonly mode?: XdpMode;
  /** `link`, or `netlink` as before Linux 5.9. Left out: a link where the kernel has those. */
  readonly way?: XdpWay | undefined;
  /**
   * The program whose place is taken (minimum kernel 5.7), or `any` for whichever is there; over netlink only. It does not
   * come back when the link is closed.
   */
  readonly replace?: HasHandle | "any";
}

/**
 * Runs `program` on every packet that the interface receives, before the kernel does anything with it. The interface is
 * one of this process's network namespace, by name or number. What is attached there `kernel.network.xdpPrograms` tells.
 * Minimum kernel 4.8; for links 5.9. Privileges: CAP_NET_ADMIN in that namespace.
 * @throws {NotFoundError} when there is no such interface; {@link BusyError} when it has an XDP program.
 * @throws {ExistsError} when it has another program than the one to be replaced, or one in another mode.
 * @throws {NotSupportedError} when the interface cannot do it in this mode.
 * @throws {InvalidArgumentError} for options that do not go together.
 */
export function attachXdp(program: Program, target: string | number, options: XdpPlace = {}): Link {
  assertProgram(program);
  assertOptions(options, placeChecks, "a place for XDP");
  const { mode = "any", way, replace } = options;
  const index = interfaceIndexOf(program.kernel, target);
  const place = { index, name: `XDP of interface ${target}`, mode };
  if (way === "link" && replace !== undefined) {
    throw new InvalidArgumentError("an XDP link does not take the place of another program", {
      hint: 'use link.update on the link that is there, or way "netlink"',
    });
  }
  if (way !== "netlink" && replace === undefined) {
    const link = attachLink(program, place, way);
    if (link !== undefined) return link;
  }
  return attachOverNetlink(program, place, replace);
}

interface Place {
  readonly index: number;
  readonly name: string;
  readonly mode: XdpMode;
}

const modeFlags: { readonly [Mode in XdpMode]: readonly LinkFlag[] } = {
  any: [],
  drv: ["drv_mode"],
  skb: ["skb_mode"],
  hw: ["hw_mode"],
};

const placeChecks: Checks<XdpPlace> = {
  mode: isWord(xdpModes),
  way: isWord(xdpWays),
  // A program, or a word: `handleOf` looks at it.
  replace: isAnything,
};

/** The link; `undefined` when the kernel has none for XDP and it need not be one. */
function attachLink(
  program: Program,
  { index: target, name, mode }: Place,
  way: XdpWay | undefined,
): Link | undefined {
  const { kernel } = program;
  const flags = modeFlags[mode];
  try {
    const attributes = { prog: program.handle, target, attachType: "xdp", flags } as const;
    const handle = kernel.bpf("linkCreate", attributes);
    return new Link({ kernel, kind: "xdp", target: name, handle });
  } catch (error) {
    if (way !== "link" && isTooOld(error)) return undefined;
    // Throws when there is no such interface, which the refusal of a link does not tell.
    kernel.network.xdpPrograms(target);
    throw error;
  }
}

/** Whether the kernel lacks links, rather than the interface the mode. */
function isTooOld(error: unknown): boolean {
  return isNotSupported(error) && error.since !== undefined;
}

function attachOverNetlink(
  program: Program,
  place: Place,
  replace: HasHandle | "any" | undefined,
): Link {
  const { kernel } = program;
  using stack = new DisposableStack();
  const running: Running = { handle: stack.use(program.handle.duplicate()) };
  // Whatever may fail comes before the program is attached, which nobody would take off again.
  const handle = stack.use(program.handle.duplicate());
  const expected =
    replace === undefined || replace === "any"
      ? (replace ?? "none")
      : handleOf(replace, "the program to replace");
  kernel.network.setXdp(place.index, { program: handle, mode: place.mode, expected });
  stack.move();
  return new XdpNetlinkLink(program, place, { handle, running });
}

/** An XDP program that is attached over netlink. */
class XdpNetlinkLink extends Link {
  readonly #program: Program;
  readonly #place: Place;
  readonly #running: Running;

  constructor(program: Program, place: Place, { handle, running }: XdpNetlinkHold) {
    const { kernel } = program;
    const detach = (): void => takeOff(program, place, running);
    const more = { [Symbol.dispose]: detach };
    super({ kernel, kind: "xdp_netlink", target: place.name, handle, more });
    this.#program = program;
    this.#place = place;
    this.#running = running;
  }

  override update(next: HasHandle, { expected }: LinkUpdateOptions = {}): void {
    const { index, mode } = this.#place;
    const until = expected?.handle ?? this.#running.handle;
    // Throws when the link is closed.
    void this.handle;
    using stack = new DisposableStack();
    const handle = stack.use(next.handle.duplicate());
    this.#program.kernel.network.setXdp(index, { program: handle, mode, expected: until });
    stack.move();
    this.#running.handle.close();
    this.#running.handle = handle;
  }
}

/** What a link owns from now on. */
interface XdpNetlinkHold {
  readonly handle: Handle;
  readonly running: Running;
}

/** What a link runs at the moment. */
interface Running {
  handle: Handle;
}

/** Takes the program off, unless it is another one's place by now or the interface is gone. */
function takeOff({ kernel }: Program, { index, mode }: Place, running: Running): void {
  using expected = running.handle;
  try {
    kernel.network.setXdp(index, { mode, expected });
  } catch (error) {
    if (!(error instanceof ExistsError) && !isNotFound(error)) throw error;
  }
}
