/**
 * The maps with descriptions of sites, as they are filled while programs are attached.
 *
 * All programs of a collection share them. Equal descriptions are there once; descriptions stay when a program is detached,
 * so that attaching it again needs no more room.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { UsdtProbe } from "../elf/usdt.ts";
import { NotSupportedError } from "../kernel/errors.ts";
import type { HasHandle } from "../kernel/handle.ts";
import type { Kernel } from "../kernel/kernel.ts";
import {
  usdtSiteCount,
  type UsdtSpecLayout,
  usdtSpecLayoutOf,
  usdtSpecs,
} from "../spec/usdt-map.ts";

/** The maps. */
interface TableMaps {
  readonly specs: HasHandle;
  /** Only programs for kernels without cookies have it. */
  readonly sites: HasHandle | undefined;
}

const known = new WeakMap<HasHandle, UsdtTables>();

/** Descriptions of sites in the maps of one collection. */
export class UsdtTables {
  readonly #kernel: Kernel;
  readonly #maps: TableMaps;
  readonly #room: number;
  /** How descriptions lie in the map: objects that were compiled elsewhere may have another layout. */
  readonly layout: UsdtSpecLayout;
  /** Index by description. */
  readonly #indices = new Map<string, number>();
  /** Index by the low bits of the address. */
  readonly #bySite = new Map<number, number>();

  private constructor(kernel: Kernel, maps: TableMaps) {
    this.#kernel = kernel;
    this.#maps = maps;
    const info = kernel.bpf("objGetInfoByFd", { object: maps.specs.handle });
    const layout = info.kind === "map" ? usdtSpecLayoutOf(info.valueSize) : undefined;
    if (layout === undefined) {
      throw new InvalidArgumentError(`map "${usdtSpecs.name}" is not as USDT programs have it`, {
        hint: "compile the object with usdt.bpf.h of libbpf",
      });
    }
    this.layout = layout;
    this.#room = info.kind === "map" ? info.maxEntries : 0;
  }

  /** Those of `maps`, with what was put there before. */
  static of(kernel: Kernel, maps: TableMaps): UsdtTables {
    const tables = known.get(maps.specs) ?? new UsdtTables(kernel, maps);
    known.set(maps.specs, tables);
    return tables;
  }

  /**
   * Puts the description of a site into the map, and returns the cookie by which the program finds it; none where it
   * finds it by the address.
   * @throws {InvalidArgumentError} when the map is full; {@link NotSupportedError} when another site is taken for this one.
   */
  add(site: UsdtProbe, description: Uint8Array): bigint | undefined {
    const index = this.#indexOf(description);
    if (this.#maps.sites === undefined) return BigInt(index);
    this.#note(site, index, this.#maps.sites);
    return undefined;
  }

  #indexOf(description: Uint8Array): number {
    const text = description.join();
    const found = this.#indices.get(text);
    if (found !== undefined) return found;
    const index = this.#indices.size;
    if (index >= this.#room) {
      throw new InvalidArgumentError(
        `there is no room for more than ${this.#room} different sites of USDT probes`,
        { hint: "attach the programs in several collections" },
      );
    }
    this.#set(this.#maps.specs, index, description);
    this.#indices.set(text, index);
    return index;
  }

  #note(site: UsdtProbe, index: number, map: HasHandle): void {
    const place = Number(site.address % BigInt(usdtSiteCount));
    const other = this.#bySite.get(place);
    if (other !== undefined && other !== index) {
      throw new NotSupportedError(`telling sites of ${site.provider}:${site.name} apart`, {
        since: [5, 15],
        hint: "attach the programs in several collections, or to other probes",
      });
    }
    this.#set(map, place, bytesOfU32(index));
    this.#bySite.set(place, index);
  }

  #set({ handle: map }: HasHandle, index: number, value: Uint8Array): void {
    this.#kernel.bpf("mapUpdateElem", { map, key: bytesOfU32(index), value });
  }
}

function bytesOfU32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
