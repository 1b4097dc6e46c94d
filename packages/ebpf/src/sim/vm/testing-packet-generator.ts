/**
 * Random programs on packets that the kernel takes, for tests that hold the simulated kernel against it.
 *
 * They come in families whose programs go on in one another by tail calls. A program is a row of parts: accesses to the
 * packet behind a comparison with its end, helpers that move its ends or copy bytes, fields of the context. What helpers and
 * fields gave is gathered in r9, which is returned; numbers and the stack are taken from a map's value and left there.
 * @module
 */
import { type HelperName, helperId } from "../../helper/helper-id.ts";
import type { Instruction } from "../../isa/instruction.ts";
import type { Register } from "../../isa/register.ts";
import { Random } from "../../lang/ir/testing-generator.ts";
import {
  add,
  exit,
  labelled,
  load,
  move,
  type RandomProgram,
  type Space,
  Steps,
  store,
} from "./testing-steps.ts";

/** Bytes of the value of map 0: numbers, the stack, then bytes to work on. */
export const packetAreaSize = 256;
const stackSize = 64;
const stackOffset = 64;
const scratch: Space = { base: "r7", offset: 128, bytes: 128, kind: "value" };
const ownStack: Space = { base: "r10", offset: -stackSize, bytes: stackSize, kind: "stack" };
/** Programs of a family; map 1 is an array of them, with as many empty places behind. */
export const familySize = 4;

/** Types of programs that are generated. */
export type PacketProgramType = keyof typeof shapes;

/** What programs of a type can do. */
interface Shape {
  /** Places in the context of the packet's start and end, and of its metadata. */
  readonly data?: readonly [start: number, end: number];
  readonly meta?: number;
  /** Fields of the context of 4 bytes that may be read, and those of them that may be written. */
  readonly read: readonly number[];
  readonly written: readonly number[];
  /** Whether the first bytes of a field may be read alone. */
  readonly narrow: boolean;
  /** Helpers that take a number as only argument besides the context; some take flags of 0 behind it. */
  readonly moves: readonly HelperName[];
  readonly loads?: HelperName;
  readonly stores?: HelperName;
  /** Whether programs may write into packets. */
  readonly packet: "packet" | "constant";
  /** Whether there are loads of classic BPF. */
  readonly classic: boolean;
  /** Bits that it may return. */
  readonly returned: number;
}

/** Fields of `struct __sk_buff`: all programs on socket buffers have these. Length and kind come first, the five of `cb` last. */
const common = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 68, 164, 176, 48, 52, 56, 60, 64];
const scratchFields = common.slice(-5);
const [mark, queueMapping, priority, trafficIndex, trafficClass] = [8, 12, 32, 44, 72];

const shapes = {
  xdp: {
    data: [0, 4],
    meta: 8,
    read: [12, 16],
    written: [],
    narrow: false,
    moves: ["xdp_adjust_head", "xdp_adjust_tail", "xdp_adjust_meta", "xdp_get_buff_len"],
    loads: "xdp_load_bytes",
    stores: "xdp_store_bytes",
    packet: "packet",
    classic: false,
    returned: -1,
  },
  sched_cls: {
    data: [76, 80],
    meta: 140,
    read: [...common, trafficClass, 160],
    written: [...scratchFields, mark, priority, trafficIndex, trafficClass, queueMapping],
    narrow: true,
    moves: ["skb_change_tail", "skb_change_head", "skb_pull_data"],
    loads: "skb_load_bytes",
    stores: "skb_store_bytes",
    packet: "packet",
    classic: true,
    returned: -1,
  },
  cgroup_skb: {
    data: [76, 80],
    read: common,
    written: [...scratchFields, mark, priority],
    narrow: true,
    moves: [],
    loads: "skb_load_bytes",
    packet: "constant",
    classic: false,
    returned: 1,
  },
  socket_filter: {
    read: common,
    written: scratchFields,
    narrow: true,
    moves: [],
    loads: "skb_load_bytes",
    packet: "constant",
    classic: true,
    returned: -1,
  },
  lwt_xmit: {
    data: [76, 80],
    read: common,
    written: [...scratchFields, mark, priority],
    narrow: true,
    moves: ["skb_change_tail", "skb_pull_data"],
    loads: "skb_load_bytes",
    stores: "skb_store_bytes",
    packet: "packet",
    classic: false,
    returned: -1,
  },
} as const satisfies Record<string, Shape>;

export const packetProgramTypes = Object.keys(shapes) as readonly PacketProgramType[];

/**
 * The programs of a family. They use one of the helpers that move the ends of a socket buffer. Once more room in front has
 * moved it in memory, the length it may have depends on where the kernel thinks the transport header is, though there is none.
 * Those that make room in front call no others: the kernel doubles the memory each time, and after a dozen times has none.
 */
export function generateFamily(seed: number, type: PacketProgramType): readonly RandomProgram[] {
  const random = new Random(seed);
  const left = random.pick(["skb_change_tail", "skb_change_head"] as const);
  const moves = (shapes[type] as Shape).moves.filter((helper) => helper !== left);
  return Array.from({ length: familySize }, (_, index) =>
    new Generator(random, { ...shapes[type], moves }, `program${index}`).program(),
  );
}

const numbers: readonly Register[] = ["r0", "r1", "r2", "r3", "r4", "r5", "r9"];
/** Those that are numbers only within a part. */
const passing = numbers.slice(0, -1);

/** Makes one program: r6 is the context, r7 the value of the map, r8 an address in the packet. */
class Generator {
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #name: string;
  #labels = 0;
  #hasTailCall = false;

  constructor(random: Random, shape: Shape, name: string) {
    this.#random = random;
    this.#shape = shape;
    this.#name = name;
  }

  program(): RandomProgram {
    const parts = Array.from({ length: 3 + this.#random.below(10) }, () => this.#part());
    const stack = Array.from({ length: stackSize / 8 }, (_, word) => word * 8);
    const body = [
      move("r6", "r1"),
      { kind: "wide-load", dst: "r7", value: areaValue } as const,
      load("r9", "r7", 0),
      ...stack.flatMap((at) => [
        load("r0", "r7", stackOffset + at),
        store("r10", at - stackSize, "r0"),
      ]),
      ...parts.flat(),
      ...stack.flatMap((at) => [
        load("r0", "r10", at - stackSize),
        store("r7", stackOffset + at, "r0"),
      ]),
      store("r7", 0, "r9"),
      move("r0", "r9"),
      ...(this.#shape.returned < 0 ? [] : [and("r0", this.#shape.returned)]),
      exit,
    ];
    const context = { name: "context", type: "pointer" } as const;
    const main = { name: this.#name, index: 0, parameters: [context] };
    if (!this.#hasTailCall) return { instructions: body, functions: [main] };
    const index = { name: "index", type: "u64" } as const;
    const tail = { name: "tail", index: body.length, parameters: [context, index] };
    return { instructions: [...body, ...this.#tailCaller()], functions: [main, tail] };
  }

  #part(): Instruction[] {
    const { data, meta, moves, loads, stores, classic, written } = this.#shape;
    const access = data === undefined ? [] : [() => this.#access(data)];
    const parts = [
      ...access,
      ...access,
      ...access,
      ...access,
      ...(data === undefined ? [] : [() => this.#length(data)]),
      ...(meta === undefined ? [] : [() => this.#metadata(meta, data![0])]),
      ...moves.map((helper) => () => this.#move(helper)),
      ...(loads === undefined ? [] : [() => this.#copy(loads, [])]),
      ...(stores === undefined ? [] : [() => this.#copy(stores, [move("r5", 0)])]),
      ...(classic ? [() => this.#classicLoad(), () => this.#classicLoad()] : []),
      ...(written.length === 0 ? [] : [() => this.#writeField()]),
      () => this.#readField(),
      () => this.#steps([]),
      ...(moves.includes("skb_change_head") ? [] : [() => this.#tailCall()]),
    ];
    return this.#random.pick(parts)();
  }

  #label(): string {
    return `${this.#name}.part${this.#labels++}`;
  }

  #stepsOn(more: readonly Space[]): Steps {
    const spaces = [...more, ...more, ownStack, scratch];
    const prefix = `${this.#name}.step${this.#labels++}`;
    return new Steps(this.#random, { numbers, spaces, prefix, ordered: true });
  }

  /** Numbers from the area, steps on them and these spaces, and some of the numbers back. */
  #steps(spaces: readonly Space[]): Instruction[] {
    const kept = this.#random.pick(passing);
    return [
      ...passing.map((register, at) => load(register, "r7", 8 + at * 8)),
      ...this.#stepsOn(spaces).steps(1 + this.#random.below(6)),
      store("r7", 8 + this.#random.below(6) * 8, kept),
    ];
  }

  /** Into r9, what is in r0. */
  #gather(): Instruction[] {
    const mul = { kind: "alu", op: "mul", width: 64, dst: "r9", src: 31 } as const;
    return [{ kind: "alu", op: "xor", width: 64, dst: "r9", src: "r0" }, mul];
  }

  /** Steps on some bytes of the packet, when there are so many: at its start, or somewhere. */
  #access([start, end]: readonly [number, number]): Instruction[] {
    const [bytes, behind] = [1 + this.#random.below(40), this.#label()];
    const away = this.#random.pick([
      () => [],
      () => [add("r8", this.#random.below(30))],
      () => [move("r2", "r9"), and("r2", this.#random.pick([7, 63, 255])), add("r8", "r2")],
    ])();
    return [
      field("r8", start),
      field("r0", end),
      ...away,
      move("r1", "r8"),
      add("r1", bytes),
      { kind: "jump-if", op: "gt", width: 64, dst: "r1", src: "r0", target: behind },
      ...this.#steps([{ base: "r8", offset: 0, bytes, kind: this.#shape.packet }]),
      ...labelled(this.#touch(), behind),
    ];
  }

  #metadata(meta: number, start: number): Instruction[] {
    return this.#access([meta, start]);
  }

  #touch(): Instruction[] {
    return [{ kind: "alu", op: "add", width: 64, dst: "r9", src: 1 + this.#random.below(9) }];
  }

  /** How many bytes there are. */
  #length([start, end]: readonly [number, number]): Instruction[] {
    return [
      field("r0", end),
      field("r1", start),
      { kind: "alu", op: "sub", width: 64, dst: "r0", src: "r1" },
      ...this.#gather(),
    ];
  }

  /** A helper that moves an end of the packet, by a number that is known or not. */
  #move(helper: HelperName): Instruction[] {
    const by = this.#random.chance(50) ? 4 * (this.#random.below(20) - 10) : this.#wild();
    const unknown = [
      move("r2", "r9"),
      and("r2", 63),
      add("r2", helper.startsWith("skb") ? 14 : -32),
    ];
    return [
      ...(this.#random.chance(70) ? [move("r2", by)] : unknown),
      move("r1", "r6"),
      move("r3", 0),
      { kind: "call-helper", id: helperId(helper) },
      ...this.#gather(),
    ];
  }

  #wild(): number {
    const all = [0, 1, -1, 14, 32, 33, 36, 60, 256, -216, -220, -256, 300, 1000, -1000, 3000, 5000];
    return this.#random.pick(all);
  }

  /** Bytes between packet and stack. */
  #copy(helper: HelperName, rest: readonly Instruction[]): Instruction[] {
    const bytes = 1 + this.#random.below(stackSize);
    const offset = this.#random.chance(50)
      ? [move("r2", this.#random.pick([0, 1, 5, 14, 20, 40, 100, -1, 0x7fff_ffff]))]
      : [move("r2", "r9"), and("r2", 127)];
    return [
      ...offset,
      move("r1", "r6"),
      move("r3", "r10"),
      add("r3", -stackSize),
      move("r4", bytes),
      ...rest,
      { kind: "call-helper", id: helperId(helper) },
      ...this.#gather(),
    ];
  }

  /** A load of classic BPF, which may end the program: from the start, from the network header, from that of Ethernet. */
  #classicLoad(): Instruction[] {
    const size = this.#random.pick(["u8", "u16", "u32"] as const);
    const from = this.#random.pick([0, 0, 0, 0, 0, -0x10_0000, -0x20_0000, -0x30_0000]);
    const offset = from + this.#random.below(20);
    if (this.#random.chance(60)) return [{ kind: "packet-load", size, offset }, ...this.#gather()];
    const index = [move("r2", "r9"), and("r2", this.#random.pick([7, 15]))];
    return [...index, { kind: "packet-load", size, index: "r2", offset }, ...this.#gather()];
  }

  #readField(): Instruction[] {
    const at = this.#random.pick(this.#shape.read);
    const size = this.#shape.narrow ? this.#random.pick(["u8", "u16", "u32"] as const) : "u32";
    return [{ kind: "load", size, dst: "r0", base: "r6", offset: at }, ...this.#gather()];
  }

  #writeField(): Instruction[] {
    const offset = this.#random.pick(this.#shape.written);
    // Of a longer number the kernel looks at all bits when it is for queue_mapping.
    const short = { kind: "alu", op: "mov", width: 32, dst: "r0", src: "r9" } as const;
    return [short, { kind: "store", size: "u32", base: "r6", offset, src: "r0" }];
  }

  /** Mostly of a place that is empty: others go round until there were 33. */
  #tailCall(): Instruction[] {
    const index = [move("r3", "r9"), and("r3", this.#random.pick([3, 7])), add("r3", 2)];
    const call: Instruction[] = [
      { kind: "wide-load", dst: "r2", value: { kind: "map-index", index: 1 } },
      ...index,
      move("r1", "r6"),
    ];
    if (this.#random.chance(50))
      return [...call, { kind: "call-helper", id: helperId("tail_call") }, ...this.#touch()];
    this.#hasTailCall = true;
    const target = `${this.#name}.tail`;
    return [move("r1", "r6"), move("r2", "r9"), { kind: "call-local", target }, ...this.#gather()];
  }

  /** A function that goes on in another program: that returns here. */
  #tailCaller(): Instruction[] {
    const body: Instruction[] = [
      move("r3", "r2"),
      and("r3", 7),
      { kind: "wide-load", dst: "r2", value: { kind: "map-index", index: 1 } },
      { kind: "call-helper", id: helperId("tail_call") },
      move("r0", 77),
      exit,
    ];
    return labelled(body, `${this.#name}.tail`);
  }
}

const areaValue = { kind: "map-index-value", index: 0, offset: 0 } as const;

function and(dst: Register, src: number): Instruction {
  return { kind: "alu", op: "and", width: 64, dst, src };
}

/** A field of the context, which is r6. */
function field(dst: Register, offset: number): Instruction {
  return { kind: "load", size: "u32", dst, base: "r6", offset };
}
