/**
 * Attaching what a file exports: where the programs say, or where the options do.
 * @module
 */
import {
  type BpfMap,
  type Collection,
  InvalidArgumentError,
  type IteratorLink,
  type Link,
  type Program,
  type ProgramSpec,
} from "ts-ebpf";
import type { Library } from "../program-file/library.ts";
import type { RunOptions } from "./command.ts";

/** The places that options give. */
export type Places = Pick<RunOptions, "interface" | "cgroup" | "pid">;

/** What is attached, by the names of the programs. */
export interface Attachments extends Disposable {
  readonly links: ReadonlyMap<string, Link>;
  readonly iterators: ReadonlyMap<string, IteratorLink>;
}

/** The functions of the library that attach. */
export type Attachers = Pick<
  Library["main"],
  | "attach"
  | "attachCgroup"
  | "attachNetkit"
  | "attachPerfEvent"
  | "attachTc"
  | "attachTcx"
  | "attachUprobe"
  | "attachUprobeMulti"
  | "attachUsdt"
  | "attachXdp"
>;

/** What is attached of a collection. */
type Attachable = Pick<Collection, "programs" | "maps"> & Partial<Pick<Collection, "structOps">>;

/**
 * Attaches all programs of a collection but those that others go on with, and registers its structs of functions.
 * Disposing of the result detaches them. When one cannot be attached, none is.
 * @throws {InvalidArgumentError} when a program does not say where and no option does; when none says anything.
 */
export function attachAll(
  { programs, maps, structOps }: Attachable,
  places: Places,
  library: Attachers,
): Attachments {
  using stack = new DisposableStack();
  const links = new Map<string, Link>();
  const iterators = new Map<string, IteratorLink>();
  const byName = new Map([...maps.values()].map((map) => [map.name, map]));
  const gone = goneOnWith([...maps.values()]);
  for (const [name, program] of programs) {
    const { target } = program.spec;
    if (isCalled(target.kind) || gone.has(program.name)) continue;
    const link = stack.use(
      attachAtPlace({ program, places, library, maps: byName }) ?? library.attach(program, byName),
    );
    links.set(name, link);
    if (target.kind === "iter") iterators.set(name, link as IteratorLink);
  }
  for (const [name, struct] of structOps ?? []) links.set(name, stack.use(struct.register()));
  if (links.size === 0) throw nothingToAttach([...programs.keys()]);
  const owned = stack.move();
  return { links, iterators, [Symbol.dispose]: () => owned.dispose() };
}

/** Whether programs at such a place are called by something else: by nobody yet, or as functions of a struct. */
function isCalled(kind: AttachTarget["kind"]): boolean {
  return kind === "none" || kind === "struct_ops" || kind === "syscall";
}

/** Names of the programs in arrays of programs: those are called by others. */
function goneOnWith(maps: readonly { readonly spec: object }[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { spec } of maps) {
    const { name, programs } = spec as {
      readonly name: string;
      readonly programs?: () => readonly (Pick<ProgramSpec, "name"> | undefined)[];
    };
    for (const [index, program] of (programs?.() ?? []).entries()) {
      if (program !== undefined) names.add(program.name === "" ? `${name}_${index}` : program.name);
    }
  }
  return names;
}

/** Attaches a program to what an option names; `undefined` when it says everything itself. */
function attachAtPlace(at: AtPlace): Link | undefined {
  const { target } = at.program.spec;
  const attacher = attachers[target.kind] as PlaceAttacher<AttachTarget> | undefined;
  return attacher?.(at, target);
}

interface AtPlace {
  readonly program: Program;
  readonly places: Places;
  readonly library: Attachers;
  readonly maps: ReadonlyMap<string, BpfMap>;
}

type AttachTarget = ProgramSpec["target"];
type PlaceAttacher<Target> = (at: AtPlace, target: Target) => Link | undefined;

/** For the kinds of targets that options can complete. */
const attachers: {
  readonly [Kind in AttachTarget["kind"]]?: PlaceAttacher<Extract<AttachTarget, { kind: Kind }>>;
} = {
  xdp: ({ program, places, library }, { interface: known, mode, way }) =>
    known === undefined
      ? library.attachXdp(program, given(program, places, "interface"), { mode, way })
      : undefined,
  tcx: ({ program, places, library }, { interface: known, direction, way }) =>
    known === undefined
      ? library.attachTcx(program, given(program, places, "interface"), { direction, way })
      : undefined,
  tc: ({ program, places, library }, { interface: known, direction, filter }) =>
    known === undefined
      ? library.attachTc(program, given(program, places, "interface"), { direction, ...filter })
      : undefined,
  netkit: ({ program, places, library }, { interface: known, place }) =>
    known === undefined
      ? library.attachNetkit(program, given(program, places, "interface"), { place })
      : undefined,
  cgroup: attachToGroup,
  lsm_cgroup: attachToGroup,
  uprobe: attachProbe,
  uretprobe: attachProbe,
  uprobe_multi: attachProbes,
  uretprobe_multi: attachProbes,
  uprobe_session: attachProbes,
  usdt: ({ program, places: { pid }, library, maps }, target) =>
    target.pid === undefined && pid !== undefined
      ? library.attachUsdt(program, { ...target, pid }, maps)
      : undefined,
  perf_event: ({ program, places: { pid }, library }, { event, sampling, pid: known }) =>
    known === undefined && pid !== undefined && event !== undefined
      ? library.attachPerfEvent(program, { event, sampling, pid })
      : undefined,
};

function attachProbe(
  { program, places: { pid }, library }: AtPlace,
  target: Extract<AttachTarget, { readonly kind: "uprobe" | "uretprobe" }>,
): Link | undefined {
  return target.pid === undefined && pid !== undefined
    ? library.attachUprobe(program, { ...target, pid })
    : undefined;
}

type ManyProbes = "uprobe_multi" | "uretprobe_multi" | "uprobe_session";

function attachProbes(
  { program, places: { pid }, library }: AtPlace,
  target: Extract<AttachTarget, { readonly kind: ManyProbes }>,
): Link | undefined {
  return target.pid === undefined && pid !== undefined
    ? library.attachUprobeMulti(program, { ...target, pid })
    : undefined;
}

function attachToGroup(
  { program, places, library }: AtPlace,
  { cgroup }: { readonly cgroup: string | undefined },
): Link | undefined {
  return cgroup === undefined
    ? library.attachCgroup(program, given(program, places, "cgroup"))
    : undefined;
}

const wanted = {
  interface: { what: "at which interface", option: "--interface eth0" },
  cgroup: { what: "to which control group", option: "--cgroup /sys/fs/cgroup/…" },
} as const;

/** @throws {InvalidArgumentError} when the option is not given. */
function given(program: Program, places: Places, option: keyof typeof wanted): string {
  const place = places[option];
  if (place !== undefined) return place;
  const { what, option: example } = wanted[option];
  throw new InvalidArgumentError(`program "${program.name}" does not say ${what}`, {
    hint: `give ${example}, or say it in the file`,
  });
}

function nothingToAttach(names: readonly string[]): InvalidArgumentError {
  return new InvalidArgumentError(`nothing would run: ${names.join(", ")} attach nowhere`, {
    hint: "make programs with tracepoint(…), xdp(…) and the like, which say where they attach",
  });
}
