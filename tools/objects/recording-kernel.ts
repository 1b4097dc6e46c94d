/**
 * A kernel that takes everything, and shows what it is asked to load: what this library makes of programs before a kernel
 * sees them.
 *
 * It answers what is asked of files and of the machine as another kernel does, and says of maps, types and programs that they
 * were made. So programs that this machine does not allow can be looked at too.
 * @module
 */
import {
  NotFoundError,
  type Command,
  type Commands,
  type ElementShape,
  type Handle,
  type HandleKind,
  type Kernel,
  type MappedMemory,
  type ProgLoad,
} from "ts-ebpf/kernel";

/** A handle of nothing. */
export class PretendedHandle implements Handle {
  readonly kind: HandleKind;
  /** The same for all handles of one thing. */
  readonly thing: object;
  closed = false;

  constructor(kind: HandleKind, thing: object = {}) {
    this.kind = kind;
    this.thing = thing;
  }

  close(): void {
    this.closed = true;
  }

  move(): Handle {
    this.close();
    return this.duplicate();
  }

  duplicate(): Handle {
    return new PretendedHandle(this.kind, this.thing);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A kernel like `real`, into which nothing gets; `onLoad` sees what programs are loaded with. */
export function recordingKernel(real: Kernel, onLoad: (load: ProgLoad) => void): Kernel {
  const answers: { readonly [C in Command]?: (attributes: Commands[C][0]) => unknown } = {
    mapCreate: () => new PretendedHandle("map"),
    btfLoad: () => new PretendedHandle("btf"),
    progLoad: (load) => {
      onLoad(load);
      return new PretendedHandle("program");
    },
    // It has no modules.
    btfGetNextId: () => undefined,
    mapUpdateElem: () => undefined,
    mapFreeze: () => undefined,
    objPin: () => undefined,
  };
  const bpf = (command: Command, attributes: never): unknown => {
    const answer = answers[command] as ((given: never) => unknown) | undefined;
    if (answer !== undefined) return answer(attributes);
    throw notThere(command);
  };
  const instead: { readonly [name: string]: unknown } = {
    bpf,
    openMemory: pretendedMemory,
    openElements: pretendedElements,
    openRing: pretendedRing,
    openUserRing: pretendedRing,
    openPerfRing: pretendedRing,
  };
  return new Proxy(real, {
    get: (_target, name) => {
      if (typeof name === "string" && Object.hasOwn(instead, name)) return instead[name];
      const value: unknown = Reflect.get(real, name);
      return typeof value === "function" ? value.bind(real) : value;
    },
  });
}

const nothing = (): void => undefined;
const closable = { close: nothing, [Symbol.dispose]: nothing };

function pretendedMemory(
  _map: Handle,
  { sizeBytes }: { readonly sizeBytes: number },
): MappedMemory {
  return { bytes: new Uint8Array(sizeBytes), address: 0n, ...closable };
}

/** Nothing is looked up or stored while an object is loaded. */
function pretendedElements(_map: Handle, { keySize, valueSize }: ElementShape): object {
  return { key: new Uint8Array(keySize), value: new Uint8Array(valueSize) };
}

/** Rings are only closed again here. */
function pretendedRing(): Disposable & { close(): void } {
  return closable;
}

function notThere(command: Command): NotFoundError {
  const failure = { reason: "nothing is there", errno: 2, errnoName: "ENOENT" };
  return new NotFoundError({ operation: command, ...failure });
}
