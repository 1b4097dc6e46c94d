/**
 * What hangs on network interfaces beside links: XDP over netlink, and filters of traffic control.
 *
 * Routes and netkit are not simulated and say so.
 * @module
 */
import { errno } from "../../kernel/errno.ts";
import type { Command } from "../../kernel/commands.ts";
import type { Meanings } from "../../kernel/failure.ts";
import { filterOffloadMeaning } from "../../kernel/offload-meanings.ts";
import type { Handle, ProgramId } from "../../kernel/handle.ts";
import type {
  Filter,
  FilterId,
  FilterPlace,
  KnownFilter,
  NetkitPair,
  Network,
  NewFilter,
  Route,
  Tunnel,
  XdpChange,
  XdpProgram,
} from "../../kernel/network.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { objectOf } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import type { Attachment } from "./attachments.ts";
import { place } from "./place.ts";

/** A filter, and where it is attached. */
interface Installed {
  readonly filter: Filter;
  readonly attachment: Attachment;
}

/** ETH_P_ALL of include/uapi/linux/if_ether.h. */
const allProtocols = 3;
/** The priority that the kernel gives the first filter without one, and those before it. */
const firstPriority = 0xc000;

/** The network of a simulated kernel. */
export class SimulatedNetwork implements Network {
  readonly #core: Core;
  readonly #clsact = new Set<number>();
  readonly #filters = new Map<string, Installed[]>();

  constructor(core: Core) {
    this.#core = core;
  }

  xdpPrograms(index: number): readonly XdpProgram[] {
    this.#assertInterface(index);
    return this.#core.attachments
      .at(place.interface("xdp", index))
      .map(({ program }) => ({ mode: "skb", program: program.id as ProgramId }));
  }

  setXdp(index: number, { program, expected }: XdpChange): void {
    this.#assertInterface(index);
    const at = place.interface("xdp", index);
    const { attachments } = this.#core;
    const [there] = attachments.at(at);
    const text = `change the XDP program of interface ${index}`;
    if (there !== undefined && there.linkId !== 0) throw this.#refused(failed.busy, text);
    if (expected === "none" && there !== undefined) throw this.#refused(failed.busy, text);
    if (isHandle(expected) && there?.program !== objectOf(expected, SimulatedProgram))
      throw this.#refused(failed.exists, text);
    if (there !== undefined) attachments.remove(at, there);
    if (program === undefined) return;
    attachments.add(at, { program: objectOf(program, SimulatedProgram), cookie: 0n, linkId: 0 });
  }

  addClsact(index: number): boolean {
    this.#assertInterface(index);
    const isNew = !this.#clsact.has(index);
    this.#clsact.add(index);
    return isNew;
  }

  removeClsact(index: number): boolean {
    for (const direction of ["ingress", "egress"] as const) {
      const from = { interface: index, direction };
      for (const { priority, handle, protocol } of this.filters(from))
        this.removeFilter(from, { priority, handle, protocol });
    }
    return this.#clsact.delete(index);
  }

  hasClsact(index: number): boolean {
    return this.#clsact.has(index);
  }

  filters(from: FilterPlace): readonly Filter[] {
    return this.#at(from).map(({ filter }) => filter);
  }

  addFilter(to: FilterPlace, given: NewFilter): FilterId {
    const text = `add filter "${given.name}"`;
    if ("interface" in to && !this.#clsact.has(to.interface))
      throw this.#refused(failed.invalid, text);
    // No interface has a card that runs programs.
    if (given.hardware === "skip_sw") throw this.#refused(failed.operationNotSupported, text);
    const there = this.#at(to);
    const priority = given.priority ?? Math.min(firstPriority, ...there.map(before));
    const handle = given.handle ?? 1 + there.filter((it) => it.filter.priority === priority).length;
    const id = { priority, handle, protocol: given.protocol ?? allProtocols };
    const old = there.find((it) => isSame(it.filter, id));
    if (old !== undefined && !given.replace) throw this.#refused(failed.exists, text);
    const installed = this.#installed(given, id);
    const list = [...there.filter((it) => it !== old), installed].toSorted(
      (left, right) => left.filter.priority - right.filter.priority,
    );
    this.#set(to, list);
    return id;
  }

  removeFilter(from: FilterPlace, known: KnownFilter): boolean {
    const there = this.#at(from);
    const found = there.find(({ filter }) => isSame(filter, known));
    if (found === undefined) return false;
    if (known.program !== undefined && found.filter.program !== known.program) return false;
    this.#set(
      from,
      there.filter((it) => it !== found),
    );
    return true;
  }

  addRoute(route: Route, tunnel: Tunnel): void {
    this.#assertInterface(route.interface);
    const result = this.#core.routes.add(route, tunnel);
    if (result < 0) throw this.#core.error("linkCreate", result, { text: "add a route" });
  }

  removeRoute(route: Route): boolean {
    return this.#core.routes.remove(route);
  }

  addNetkit({ primary, peer }: NetkitPair): void {
    const { interfaces } = this.#core;
    const taken = [primary, peer].find((name) => interfaces.indexOf(name) !== undefined);
    if (taken !== undefined) throw this.#refused(failed.exists, `add interface "${taken}"`);
    interfaces.pair(interfaces.add(primary), interfaces.add(peer));
  }

  removeInterface(index: number): boolean {
    return this.#core.interfaces.remove(index);
  }

  #installed(given: NewFilter, id: FilterId): Installed {
    const program = objectOf(given.program, SimulatedProgram);
    const { directAction, classId, name, hardware } = given;
    const programId = program.id as ProgramId;
    const filter = {
      ...id,
      kind: "bpf",
      chain: 0,
      name,
      program: programId,
      directAction,
      classId,
      hardware,
      inHardware: false,
    };
    return { filter, attachment: { program, cookie: 0n, linkId: 0 } };
  }

  #at(from: FilterPlace): readonly Installed[] {
    return this.#filters.get(nameOf(from)) ?? [];
  }

  /** Makes these the filters at a place, in the order they run. */
  #set(at: FilterPlace, list: Installed[]): void {
    const name = nameOf(at);
    const { attachments } = this.#core;
    const before = this.#at(at);
    // Whoever stays is attached anew before the old ones go, so that its program is held all the time.
    const renewed = list.map(({ filter, attachment }) => ({
      filter,
      attachment: { ...attachment },
    }));
    for (const { attachment } of renewed) attachments.add(name, attachment);
    for (const { attachment } of before) attachments.remove(name, attachment);
    this.#filters.set(name, renewed);
  }

  #assertInterface(index: number): void {
    if (this.#core.interfaces.has(index)) return;
    throw this.#refused(-errno.ENODEV, `use interface ${index}`);
  }

  #refused(result: number, text: string): Error {
    return this.#core.error("linkCreate" satisfies Command, result, { text, meanings });
  }
}

const meanings: Meanings = {
  ENODEV: { reason: "there is no such interface" },
  EBUSY: { reason: "an XDP program or link is attached there already" },
  EEXIST: { reason: "there is another one already" },
  EINVAL: { reason: "the interface has no clsact" },
  EOPNOTSUPP: filterOffloadMeaning("a simulated interface"),
};

function before({ filter }: Installed): number {
  return filter.priority - 1;
}

function isSame(left: FilterId, right: FilterId): boolean {
  return left.priority === right.priority && left.handle === right.handle;
}

function nameOf(at: FilterPlace): string {
  return "block" in at
    ? `filters of block ${at.block}`
    : place.interface(`tc ${at.direction}`, at.interface);
}

function isHandle(expected: "none" | "any" | Handle): expected is Handle {
  return typeof expected === "object";
}
