/**
 * Structs of functions that loaded programs stand in for, made known to the kernel.
 *
 * The kernel keeps such a struct in a map of one element. Writing the element checks it; with a link it is registered by
 * making the link, without one by writing. What of the two it is was decided when the map was made.
 * @module
 */
import { assert } from "../base/assert.ts";
import { isObject } from "../base/checks.ts";
import { BpfError, ClosedError } from "../base/errors.ts";
import { BtfWriter } from "../btf/write/writer.ts";
import { assertKernel } from "../kernel/assert-kernel.ts";
import type { ElementWords } from "../kernel/commands.ts";
import { isAtLeast } from "../kernel/feature.ts";
import type { Handle, MapId } from "../kernel/handle.ts";
import type { MapInfo } from "../kernel/info.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { attachTypeSince } from "../kernel/since.ts";
import { type KernelStructOps, kernelStructOps } from "../program/kernel-struct-ops.ts";
import type { Program } from "../program/program.ts";
import { kernelName } from "../spec/kernel-name.ts";
import type { StructOpsRegistration, StructOpsSpec } from "../spec/struct-ops.ts";
import { Link } from "./link.ts";
import { encodeStructOps } from "./struct-ops-value.ts";

/** The loaded functions of a struct, by the names of their members. */
export type StructOpsPrograms = ReadonlyMap<string, Program>;

/** What makes up a {@link StructOps}. */
interface StructOpsHold {
  readonly kernel: Kernel;
  readonly spec: StructOpsSpec;
  readonly registration: StructOpsRegistration;
  readonly handle: Handle;
  readonly value: ElementWords;
  readonly refusal: BpfError | undefined;
}

/** How a struct is put together. */
export interface CreateStructOpsOptions {
  /**
   * What becomes of a struct for a link that the kernel does not take: that is told at once (`throw`), or by whoever registers
   * it (`keep`), as libbpf does.
   */
  readonly refused?: "throw" | "keep" | undefined;
}

/** Its only element. */
const key = new Uint8Array(4);

/** A struct of functions, ready to be registered. It is closed by whoever made it; what is registered stays registered. */
export class StructOps implements Disposable {
  readonly spec: StructOpsSpec;
  /** In which of the two ways {@link StructOps.register} makes it known. */
  readonly registration: StructOpsRegistration;
  /** Why the kernel does not take it as it is, of those of object files; registering throws it. */
  readonly refusal: BpfError | undefined;
  readonly #kernel: Kernel;
  readonly #handle: Handle;
  readonly #value: ElementWords;

  constructor({ kernel, spec, registration, handle, value, refusal }: StructOpsHold) {
    this.spec = spec;
    this.registration = registration;
    this.refusal = refusal;
    this.#kernel = kernel;
    this.#handle = handle;
    this.#value = value;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Name of the struct in the kernel: `tcp_congestion_ops`. */
  get type(): string {
    return this.spec.type;
  }

  get closed(): boolean {
    return this.#handle.closed;
  }

  /** The handle of the map, lent: also for `link.update`. @throws {ClosedError} after `close`. */
  get handle(): Handle {
    if (this.#handle.closed) throw new ClosedError(`struct of functions "${this.name}"`);
    return this.#handle;
  }

  /** What the kernel tells of the map. */
  info(): MapInfo {
    const info = this.#kernel.bpf("objGetInfoByFd", { object: this.handle });
    assert(info.kind === "map", `info of a map is of a ${info.kind}`);
    return info;
  }

  /** The kernel's number of the map. */
  get id(): MapId {
    return this.info().id;
  }

  /**
   * Makes it known to the kernel, which calls its functions from now on where it is chosen. Closing the link takes it
   * back; what uses it already keeps it until it is done. A `map_update` outlives the process.
   * @throws {ExistsError} when one of its name is registered already.
   * @throws {SyscallError} when the kernel does not take it: a function or a name is missing, a member may not be set.
   */
  register(): Link {
    if (this.refusal !== undefined) throw this.refusal;
    return this.registration === "link" ? this.#link() : this.#update();
  }

  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #link(): Link {
    const kernel = this.#kernel;
    const attributes = { prog: this.handle, attachType: "struct_ops" } as const;
    const handle = kernel.bpf("linkCreate", attributes);
    return new Link({ kernel, kind: "struct_ops", target: this.type, handle });
  }

  #update(): Link {
    const kernel = this.#kernel;
    kernel.bpf("mapUpdateElem", { map: this.handle, key, value: this.#value });
    using stack = new DisposableStack();
    const map = stack.use(this.handle.duplicate());
    stack.defer(() => kernel.bpf("mapDeleteElem", { map, key }));
    const handle = this.handle.duplicate();
    const more = stack.move();
    return new Link({ kernel, kind: "map_update", target: this.type, handle, more });
  }
}

/**
 * Puts the struct of `spec` together, whose functions are `programs`; the caller closes it. Nothing is registered yet.
 * Minimum kernel 5.6; structs of modules 6.9.
 * @throws {InvalidArgumentError} when the kernel has no such struct, the struct no such member, or a value does not fit.
 * @throws {SyscallError} when the kernel does not take it: a function or a name is missing, a member may not be set.
 */
export function createStructOps(
  kernel: Kernel,
  spec: StructOpsSpec,
  programs: StructOpsPrograms,
  { refused = "throw" }: CreateStructOpsOptions = {},
): StructOps {
  assertKernel(kernel);
  isObject(spec, "the struct of functions");
  const found = kernelStructOps(kernel, spec.type);
  const contents = { values: spec.values, programs: handlesOf(programs) };
  const value = encodeStructOps(found.types, found.struct, contents);
  const registration = spec.registration ?? usualRegistration(kernel);
  using stack = new DisposableStack();
  const handle = stack.use(createMap(kernel, spec, { found, registration }));
  const refusal = registration === "link" ? refusalOf(kernel, handle, value) : undefined;
  if (refusal !== undefined && refused === "throw") throw refusal;
  stack.move();
  return new StructOps({ kernel, spec, registration, handle, value, refusal });
}

/** What the kernel says against `value`, which it checks when it is written. */
function refusalOf(kernel: Kernel, map: Handle, value: ElementWords): BpfError | undefined {
  try {
    kernel.bpf("mapUpdateElem", { map, key, value });
    return undefined;
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}

function handlesOf(programs: StructOpsPrograms): ReadonlyMap<string, Handle> {
  return new Map([...programs].map(([member, { handle }]) => [member, handle]));
}

function usualRegistration({ version }: Kernel): StructOpsRegistration {
  return isAtLeast(version, attachTypeSince.struct_ops) ? "link" : "map_update";
}

interface MapPlan {
  readonly found: KernelStructOps;
  readonly registration: StructOpsRegistration;
}

function createMap(
  kernel: Kernel,
  { name }: StructOpsSpec,
  { found: { struct, module }, registration }: MapPlan,
): Handle {
  // The value is of the kernel's BTF; the map wants one of its own besides, whatever is in it.
  const writer = new BtfWriter();
  writer.add({ kind: "int", name: "int", size: 4, bitOffset: 0, bits: 32, encoding: "signed" });
  using btf = kernel.bpf("btfLoad", { btf: writer.encode() });
  using ofModule = module && kernel.bpf("btfGetFdById", { id: module.id });
  return kernel.bpf("mapCreate", {
    mapType: "struct_ops",
    mapName: kernelName(name),
    keySize: 4,
    valueSize: struct.valueSize,
    maxEntries: 1,
    mapFlags: registration === "link" ? ["link"] : [],
    btf,
    btfVmlinuxValueTypeId: struct.valueId,
    ...(ofModule === undefined ? {} : { valueTypeBtfObj: ofModule }),
  });
}
