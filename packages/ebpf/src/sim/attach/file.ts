/**
 * Files of the simulated kernel: what probes go to, control groups, network namespaces.
 *
 * They are there because a test said so; nothing is read from the machine.
 * @module
 */
import { SimulatedObject } from "../object.ts";
import type { KernelFiles } from "./kernel-files.ts";

/** An open file or folder. */
export class SimulatedFile extends SimulatedObject {
  readonly kind = "file";
  readonly path: string;
  /** Number of the control group that it is. */
  readonly cgroupId: bigint | undefined;

  constructor(path: string, cgroupId?: bigint) {
    super(`file ${path}`);
    this.path = path;
    this.cgroupId = cgroupId;
  }
}

/** Folder that objects are pinned in by custom: the only one that opens as a BPF file system. */
export const pinFolder = "/sys/fs/bpf";

/** Folder of the control group above all others. */
export const rootCgroup = "/sys/fs/cgroup";

/** The files there are. */
export class Files {
  readonly #contents = new Map<string, Uint8Array>();
  readonly #cgroups = new Map<string, bigint>([[rootCgroup, 1n]]);
  readonly #own: KernelFiles;
  readonly #outside: ((path: string) => Uint8Array | undefined) | undefined;
  #lastCgroup = 1n;

  /** `outside` is asked for files that nobody added and in which the kernel does not tell of itself. */
  constructor(own: KernelFiles, outside?: (path: string) => Uint8Array | undefined) {
    this.#own = own;
    this.#outside = outside;
  }

  add(path: string, content: Uint8Array): void {
    this.#contents.set(path, content);
  }

  /** The bytes of a file. */
  read(path: string): Uint8Array | undefined {
    const content = this.#contents.get(path) ?? this.#own.read(path) ?? this.#outside?.(path);
    return content === "none" ? undefined : content;
  }

  /** Adds a control group: its number. One that is there keeps its number. */
  addCgroup(path: string, id?: bigint): bigint {
    const known = this.#cgroups.get(path);
    if (known !== undefined) return known;
    this.#lastCgroup = id ?? this.#lastCgroup + 1n;
    this.#cgroups.set(path, this.#lastCgroup);
    return this.#lastCgroup;
  }

  /** What `path` opens. */
  open(path: string): SimulatedFile | undefined {
    const trimmed = path.replace(/(?<=.)\/+$/, "");
    const cgroup = this.#cgroups.get(trimmed);
    if (cgroup !== undefined) return new SimulatedFile(trimmed, cgroup);
    if (trimmed === pinFolder || /^\/proc\/\w+\/ns\/net$/.test(trimmed))
      return new SimulatedFile(trimmed);
    return this.read(trimmed) === undefined ? undefined : new SimulatedFile(trimmed);
  }

  /** Numbers of a control group and those above it, from the lowest up. */
  cgroupAndAbove(id: bigint): readonly bigint[] {
    const [path] = [...this.#cgroups].find(([, known]) => known === id) ?? [undefined];
    if (path === undefined) return [id];
    const above: bigint[] = [];
    for (let at = path; at.startsWith(rootCgroup); at = at.slice(0, at.lastIndexOf("/"))) {
      const found = this.#cgroups.get(at);
      if (found !== undefined) above.push(found);
    }
    return above;
  }
}
