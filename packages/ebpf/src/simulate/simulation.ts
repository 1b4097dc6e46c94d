/**
 * A kernel for kernel code that is called as plain JavaScript: its clock, its tasks, its maps, its packets.
 *
 * Everything is the same on every run: time stands still until a test moves it, random numbers start from a seed. It
 * shows what a program computes, not whether the verifier takes it, and it knows one CPU at a time.
 * @module
 */
import { viewOf } from "../base/bytes.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { addressOf } from "../layout/address-of.ts";
import type { Layout } from "../layout/layout.ts";
import type { SkbContext } from "../spec/context/socket-buffer.ts";
import type { XdpContext } from "../spec/context/xdp.ts";
import type { KeyedMapSpec, KeyedMapType, MapSpec, RingbufSpec } from "../spec/map-spec.ts";
import type { SourceProgramSpec } from "../spec/source-program.ts";
import type { Stacks } from "../sim/helper/stack.ts";
import { Timers } from "../sim/helper/timers.ts";
import type { Environment } from "../lang/builtins/environment.ts";
import { headerLayout } from "./header-layout.ts";
import { controlHelpers } from "./helpers/control.ts";
import type { HelperTable, HelperWorld, Redirect } from "./helpers/helper-table.ts";
import { mapHelpers } from "./helpers/maps.ts";
import { memoryHelpers } from "./helpers/memory.ts";
import { networkHelpers } from "./helpers/network.ts";
import { taskHelpers } from "./helpers/task.ts";
import { timerHelpers } from "./helpers/timers.ts";
import { PlacedMemory } from "./memory.ts";
import type { PlayedMap } from "./played-map.ts";
import { NotSimulatedError } from "./not-simulated-error.ts";
import { packetBehind, skbContext, xdpContext } from "./packet-buffer.ts";
import { SimulatedMaps } from "./simulated-maps.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { TailCall } from "./tail-call.ts";
import { type StoredIn, userMap, type UserMap } from "./user-map.ts";

const helpers: HelperTable = {
  ...taskHelpers,
  ...memoryHelpers,
  ...mapHelpers,
  ...networkHelpers,
  ...controlHelpers,
  ...timerHelpers,
};

/** MAX_TAIL_CALL_CNT of include/linux/bpf.h. */
const mostTailCalls = 33;

/** A kernel played for a test. What can be assigned may be changed at any time. */
export class Simulation implements Environment, HelperWorld {
  pid: number;
  tid: number;
  uid: number;
  gid: number;
  comm: string;
  cpu: number;
  numaNode: number;
  /** Nanoseconds since boot. Setting it runs no timers, see {@link advance}. */
  now: bigint;
  cgroupId: bigint;
  task: object;
  returnValue = 0;
  readonly cpus: number;
  /** Lines for the trace pipe. */
  readonly printed: string[] = [];
  /** Signals that programs sent to the current task. */
  readonly signals: number[] = [];
  /** Packets that programs sent elsewhere. */
  readonly redirects: Redirect[] = [];
  readonly memory: PlacedMemory = new PlacedMemory();
  readonly maps: SimulatedMaps;
  readonly timers: Timers<PlayedMap>;
  packetKind: "xdp" | "skb" = "xdp";
  readonly #options: SimulationOptions;
  readonly #perfEvents = new Map<object, Uint8Array<ArrayBuffer>[]>();
  #random: number;

  constructor(options: SimulationOptions = {}) {
    this.#options = options;
    this.pid = options.pid ?? 1000;
    this.tid = options.tid ?? this.pid;
    this.uid = options.uid ?? 0;
    this.gid = options.gid ?? 0;
    this.comm = options.comm ?? "test";
    this.cpu = options.cpu ?? 0;
    this.cpus = options.cpus ?? 4;
    this.numaNode = options.numaNode ?? 0;
    this.now = options.now ?? 1_000_000_000n;
    this.cgroupId = options.cgroupId ?? 1n;
    this.task = options.task ?? {};
    this.#random = options.seed ?? 1;
    this.maps = new SimulatedMaps(this);
    this.timers = new Timers(this, this.maps.memory);
  }

  /** The elements of a map as user space has them. */
  map<Type extends KeyedMapType, Key, Value>(
    spec: KeyedMapSpec<Type, Key, Value>,
  ): UserMap<Key, Value, StoredIn<Type, Value>> {
    return userMap(spec, this.maps.played(spec as unknown as MapSpec));
  }

  /**
   * Puts a program, map, socket or control group into a map of such, or the number of an interface or the length of a
   * CPU's queue: 0, or a negated errno when the map has no room or no such place.
   * @throws {InvalidArgumentError} when it is a map of values.
   */
  put(spec: KeyedMapSpec<KeyedMapType, unknown, unknown>, key: unknown, object: unknown): number {
    const map = this.maps.played(spec);
    return map.put(map.keyBytes(key), object, "any");
  }

  /** What programs have submitted so far and user space has not consumed, up to an event that is still reserved. */
  events<Event>(ring: RingbufSpec<Event>): Event[] {
    return this.maps
      .ring(ring)
      .submitted()
      .map((bytes) => eventIn(ring.value, bytes));
  }

  /** Consumes the events of a ring buffer: they are returned, and their room is free again. */
  consume<Event>(ring: RingbufSpec<Event>): Event[] {
    return this.maps
      .ring(ring)
      .consume()
      .map((bytes) => eventIn(ring.value, bytes));
  }

  /** What programs have written for a map of perf events. */
  perfEvents(map: object): readonly Uint8Array<ArrayBuffer>[] {
    return this.#perfEvents.get(map) ?? [];
  }

  /** Places bytes, or text with a zero byte, in the memory of the current process: their address. */
  place(content: Uint8Array | string): bigint {
    return this.memory.place(content);
  }

  /** The address that a program sees of an object of the kernel. */
  address(object: object): bigint {
    return addressOf(object);
  }

  /** A context of XDP programs with a packet behind it. */
  xdp(bytes: Uint8Array, fields: Partial<XdpContext> = {}): XdpContext {
    this.packetKind = "xdp";
    return xdpContext(bytes, fields);
  }

  /** A context of programs on socket buffers with a packet behind it. */
  skb(bytes: Uint8Array, fields: Partial<SkbContext> = {}): SkbContext {
    this.packetKind = "skb";
    return skbContext(bytes, fields);
  }

  /** The bytes of a packet as they are now. */
  packetBytes(context: object): Uint8Array<ArrayBuffer> {
    return packetBehind(context).bytes;
  }

  /** Lets time pass, and runs the timers that are due meanwhile. */
  advance(nanoseconds: bigint): void {
    this.timers.advance(nanoseconds);
  }

  /** What was given of stacks. */
  get stacks(): Stacks {
    return this.#options;
  }

  /**
   * Calls the function of a program, and of those it goes on with by tail calls: what the last one returns.
   * @throws {InvalidArgumentError} when it is no program, or an event was reserved and forgotten, which the verifier refuses.
   */
  run(program: SourceProgramSpec, ...given: readonly unknown[]): unknown {
    const result = this.#runAll(program, given);
    const [forgotten] = this.maps.unsettled();
    if (forgotten === undefined) return result;
    throw new InvalidArgumentError(
      `the program ended with an event of ring buffer "${forgotten.spec.name}" reserved`,
      { hint: "submit or discard it on every way out, or declare it with `using`" },
    );
  }

  #runAll(program: SourceProgramSpec, given: readonly unknown[]): unknown {
    assertCallable(program);
    let next = program;
    for (let calls = 0; ; calls++) {
      try {
        return next.code(...(given as never[]));
      } catch (error) {
        if (!(error instanceof TailCall)) throw error;
        if (calls === mostTailCalls) return 0;
        next = error.program;
      }
    }
  }

  readonly callHelper: Environment["callHelper"] = (name, given) => {
    const own = this.#options.helpers?.[name];
    if (own !== undefined) return own(...given);
    const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
    if (helper !== undefined) return helper(this, ...given);
    throw new NotSimulatedError(`bpf.${name}`, {
      hint: `say what it does: simulate({ helpers: { ${name}: (…) => … } })`,
    });
  };

  readonly callKfunc: Environment["callKfunc"] = (name, given) => {
    const own = this.#options.kfuncs?.[name];
    if (own !== undefined) return own(...given);
    throw new NotSimulatedError(`kfunc.${name}`, {
      hint: `say what it does: simulate({ kfuncs: { ${name}: (…) => … } })`,
    });
  };

  readonly bytesAt: Environment["bytesAt"] = (from) => this.memory.from(from);

  readonly print: Environment["print"] = (line) => void this.printed.push(line);

  readonly packetOf: Environment["packetOf"] = (context) => packetBehind(context).view;

  readonly structLayout: Environment["structLayout"] = (name) => {
    const layout = this.#options.structs?.[name] ?? headerLayout(name);
    if (layout !== undefined) return layout;
    throw new NotSimulatedError(`kernel.${name}`, {
      hint: `give its layout: simulate({ structs: { ${name}: struct(…) } })`,
    });
  };

  readonly enumValue: Environment["enumValue"] = (name) => {
    const value = this.#options.enums?.[name];
    if (value !== undefined) return value;
    throw new NotSimulatedError(`enumValue("${name}")`, {
      hint: `give its value: simulate({ enums: { ${name}: … } })`,
    });
  };

  readonly perfOutput: HelperWorld["perfOutput"] = (map, bytes) => {
    this.#perfEvents.set(map, [...this.perfEvents(map), bytes]);
  };

  readonly redirected = ({ name }: MapSpec, key: unknown): void =>
    void this.redirects.push({ to: { map: name, key }, copy: false });

  /** A xorshift generator: 32 bits, never the same twice in a row. */
  readonly random = (): number => {
    let bits = this.#random | 0 || 1;
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    this.#random = bits;
    return bits >>> 0;
  };
}

/** An event as user space has it: what is missing at its end is zeros. */
function eventIn<Value>(layout: Layout<Value>, bytes: Uint8Array): Value {
  const whole = new Uint8Array(Math.max(layout.size, bytes.length));
  whole.set(bytes);
  return layout.read(viewOf(whole), 0);
}

/** @throws {InvalidArgumentError} when it is no program that can be called. */
function assertCallable(program: SourceProgramSpec): void {
  if (typeof program === "object" && program !== null && typeof program.code === "function") return;
  throw new InvalidArgumentError(`run is given ${kindOf(program)}, not a program in TypeScript`, {
    hint: "give what xdp(…), tpBtf(…) and the like return: world.run(onPacket, world.xdp(bytes))",
  });
}
