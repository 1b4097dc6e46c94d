/**
 * Structs of functions that the simulated kernel knows at the moment, by type and name.
 * @module
 */
import { failed } from "../errno.ts";
import { StructOpsStore } from "../map/struct-ops-store.ts";
import type { SimulatedMap } from "../map/simulated-map.ts";
import { subsystemOf } from "./subsystem.ts";

/** What is registered. */
export class RegisteredOps {
  readonly #maps: SimulatedMap[] = [];

  /** Makes a struct known: 0 or a negated errno. */
  add(map: SimulatedMap): number {
    const { type, name } = opsOf(map);
    const { registering, taken } = subsystemOf(type);
    if (registering < 0) return registering;
    if (taken.includes(name) || this.find(type, name) !== undefined) return failed.exists;
    this.#maps.push(map);
    return 0;
  }

  /** Forgets a struct. */
  remove(map: SimulatedMap): void {
    const index = this.#maps.indexOf(map);
    if (index !== -1) this.#maps.splice(index, 1);
  }

  /** Puts a struct in the place of another one: 0 or a negated errno. */
  replace(old: SimulatedMap, map: SimulatedMap): number {
    const [from, to] = [opsOf(old), opsOf(map)];
    if (!subsystemOf(from.type).updatable) return failed.operationNotSupported;
    if (from.type !== to.type || from.name !== to.name) return failed.invalid;
    const index = this.#maps.indexOf(old);
    if (index === -1) return failed.invalid;
    this.#maps[index] = map;
    return 0;
  }

  /** Those of a type. */
  of(type: string): readonly StructOpsStore[] {
    return this.#maps
      .map(({ store }) => store as StructOpsStore)
      .filter((it) => it.type.name === type);
  }

  /** The one of a type and name. */
  find(type: string, name: string): StructOpsStore | undefined {
    return this.of(type).find((it) => it.text("name") === name);
  }
}

function opsOf({ store }: SimulatedMap): { readonly type: string; readonly name: string } {
  const ops = store as StructOpsStore;
  return { type: ops.type.name, name: ops.text("name") };
}
