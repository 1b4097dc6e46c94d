/**
 * Links of structs of functions: they keep the map instead of a program.
 * @module
 */
import type { LinkId, MapId, ProgramId } from "../../kernel/handle.ts";
import type { LinkInfo } from "../../kernel/link-info.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { StructOpsStore } from "../map/struct-ops-store.ts";
import { SimulatedObject } from "../object.ts";

/** A link by which a struct is registered. */
export class StructOpsLink extends SimulatedObject {
  readonly kind = "link";
  readonly #core: Core;
  #map: SimulatedMap | undefined;

  constructor(core: Core, map: SimulatedMap) {
    super(`link of ${map.label}`);
    this.#core = core;
    this.#map = map.hold();
    this.atEnd(() => this.detach());
  }

  /** Takes the struct back: 0 or a negated errno. */
  detach(): number {
    const map = this.#map;
    if (map === undefined) return failed.invalid;
    this.#map = undefined;
    this.#core.structOps.remove(map);
    map.drop();
    return 0;
  }

  /** Registers another struct of the same name instead: 0 or a negated errno. */
  update(map: SimulatedMap, expected: SimulatedMap | undefined): number {
    const old = this.#map;
    if (old === undefined || !isReady(map)) return failed.invalid;
    if (expected !== undefined && expected !== old) return failed.noPermission;
    const result = this.#core.structOps.replace(old, map);
    if (result < 0) return result;
    this.#map = map.hold();
    old.drop();
    return 0;
  }

  info(): LinkInfo {
    return {
      kind: "link",
      id: this.id as LinkId,
      type: "struct_ops",
      programId: 0 as ProgramId,
      details: { mapId: (this.#map?.id ?? 0) as MapId },
    } as LinkInfo;
  }
}

/** Whether a link can register the struct of a map. */
export function isReady({ store }: SimulatedMap): boolean {
  return store instanceof StructOpsStore && store.isReady;
}
