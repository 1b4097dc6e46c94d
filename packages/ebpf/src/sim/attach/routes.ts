/**
 * Routes with programs: which one a packet takes.
 * @module
 */
import type { Route, Tunnel } from "../../kernel/network.ts";
import type { LwtTime } from "../../spec/network-target.ts";
import { failed } from "../errno.ts";
import { objectOf } from "../object.ts";
import { SimulatedProgram } from "../program.ts";

interface Installed {
  readonly route: Route;
  readonly programs: ReadonlyMap<LwtTime, SimulatedProgram>;
}

/** The table that is searched when none is named: RT_TABLE_MAIN. */
const mainTable = 254;

/** The routes of a kernel. */
export class Routes {
  readonly #routes = new Map<string, Installed>();

  /** Adds a route, whose programs are held: 0, or -EEXIST. */
  add(route: Route, tunnel: Tunnel): number {
    const name = nameOf(route);
    if (this.#routes.has(name)) return failed.exists;
    const programs = new Map<LwtTime, SimulatedProgram>();
    const given = tunnel.kind === "bpf" ? tunnel.programs : { seg6local: tunnel.program };
    for (const [when, { program }] of Object.entries(given))
      programs.set(when as LwtTime, objectOf(program, SimulatedProgram).hold());
    this.#routes.set(name, { route, programs });
    return 0;
  }

  /** Removes a route; false when it is not there. */
  remove(route: Route): boolean {
    const name = nameOf(route);
    const found = this.#routes.get(name);
    for (const program of found?.programs.values() ?? []) program.drop();
    return this.#routes.delete(name);
  }

  /** The program of the route to an address that counts most of its bits. */
  programFor(address: Uint8Array, when: LwtTime): SimulatedProgram | undefined {
    let best: Installed | undefined;
    for (const installed of this.#routes.values()) {
      const { destination, table = mainTable } = installed.route;
      if (table !== mainTable || !leadsTo(destination, address)) continue;
      const isLonger = destination.prefixLength > (best?.route.destination.prefixLength ?? -1);
      if (isLonger) best = installed;
    }
    return best?.programs.get(when);
  }
}

function leadsTo({ address: wanted, prefixLength }: Route["destination"], to: Uint8Array): boolean {
  if (wanted.length !== to.length) return false;
  return wanted.every((byte, index) => {
    const bits = Math.min(Math.max(prefixLength - 8 * index, 0), 8);
    return ((byte ^ to[index]!) & (0xff00 >> bits) & 0xff) === 0;
  });
}

function nameOf({ destination: { address, prefixLength }, table = mainTable }: Route): string {
  return `${address.join(".")}/${prefixLength} in ${table}`;
}
