/**
 * What bpf_conformance asks of a plug-in, group by group: instructions as bytes with their results, written down by hand from
 * RFC 9669, so that nothing of the library stands between them and the machine.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Context } from "../context.ts";
import { execute } from "./exec.ts";

/** An instruction: opcode, registers (source in the upper digit, destination in the lower one), offset, number. */
type Code = readonly [opcode: number, registers?: number, offset?: number, immediate?: number];

/** Programs without their exit, what is in r0 at its end, and memory that r1 points to. */
type Case = readonly [code: readonly Code[], result: bigint, memory?: string];

const max = 0xffff_ffff_ffff_ffffn;

/** A register set to a number of 64 bits. */
function wide(register: number, value: bigint): readonly Code[] {
  const half = (shift: bigint): number => Number(BigInt.asIntN(32, value >> shift));
  return [
    [0x18, register, 0, half(0n)],
    [0, 0, 0, half(32n)],
  ];
}

/** `r0 op r1`, or `r0 op number`, of two numbers. */
// oxlint-disable-next-line max-params -- one case on each line
const pair = (opcode: number, a: bigint, b: bigint, result: bigint, offset = 0): Case => [
  [...wide(0, a), ...wide(1, b), [opcode, 0x10, offset]],
  result,
];
// oxlint-disable-next-line max-params -- one case on each line
const single = (opcode: number, a: bigint, number: number, result: bigint, offset = 0): Case => [
  [...wide(0, a), [opcode, 0, offset, number]],
  result,
];

/** An operation in its four forms: 64 and 32 bits, with a register and with a number that fits into 31 bits. */
function operation(
  opcode: number,
  [a, b]: readonly [bigint, number],
  [long, short]: readonly [bigint, bigint],
  offset = 0,
): readonly Case[] {
  return [
    pair(opcode | 0x0f, a, BigInt(b), long, offset),
    single(opcode | 0x07, a, b, long, offset),
    pair(opcode | 0x0c, a, BigInt(b) | (0x77n << 32n), short, offset),
    single(opcode | 0x04, a, b, short, offset),
  ];
}

const value = 0x8877_6655_4433_2211n;

/** A conditional jump in its four forms: r0 is 1 when it is taken. */
function jump(opcode: number, a: bigint, b: number, taken: boolean): readonly Case[] {
  const [left, right] = [wide(1, a), wide(2, BigInt(b))];
  const around = (set: readonly Code[], code: Code): Case => [
    [...set, [0xb7, 0, 0, 1], code, [0xb7, 0, 0, 0]],
    taken ? 1n : 0n,
  ];
  return [
    around([...left, ...right], [opcode | 0x0d, 0x21, 1]),
    around(left, [opcode | 0x05, 0x01, 1, b]),
    around([...left, ...right], [opcode | 0x0e, 0x21, 1]),
    around(left, [opcode | 0x06, 0x01, 1, b]),
  ];
}

/** An atomic operation on 64 and 32 bits of the stack, where `before` is; r0 becomes what is there then. */
function stored(immediate: number, before: bigint, by: bigint, after: readonly [bigint, bigint]) {
  return [0xdb, 0xc3].map((opcode, index): Case => {
    const setup = [...wide(0, before), [0x7b, 0x0a, -8] as const, ...wide(1, by)];
    return [[...setup, [opcode, 0x1a, -8, immediate], [0x79, 0xa0, -8]], after[index]!];
  });
}

/** The same for those that fetch: r0 becomes what was fetched. */
function fetched(immediate: number, before: bigint, by: bigint, old: readonly [bigint, bigint]) {
  return [0xdb, 0xc3].map((opcode, index): Case => {
    const setup = [...wide(0, before), [0x7b, 0x0a, -8] as const, ...wide(1, by)];
    return [[...setup, [opcode, 0x1a, -8, immediate], [0xbf, 0x10]], old[index]!];
  });
}

/** Compare and exchange: r0 is compared; what is on the stack then is added to what r0 is then. */
function exchanged(opcode: number, compared: bigint, result: bigint): Case {
  const setup = [...wide(0, value), [0x7b, 0x0a, -8] as const, ...wide(0, compared)];
  const code = [opcode, 0x1a, -8, 0xf1] as const;
  return [[...setup, [0xb7, 1, 0, 5], code, [0x79, 0xa2, -8], [0x0f, 0x20]], result];
}

/** Registers r1 to r5 into the function, r6 to r9 and the stack kept by the caller. */
const localCall: readonly Code[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((register): Code => [0xb7, register, 0, register]),
  [0x7a, 10, -8, 100],
  [0x85, 0x10, 0, 7],
  ...[6, 7, 8, 9].map((register): Code => [0x0f, register << 4]),
  [0x79, 0xa1, -8],
  [0x0f, 0x10],
  [0x95],
  [0xb7, 0, 0, 0],
  ...[1, 2, 3, 4, 5].map((register): Code => [0x0f, register << 4]),
  ...[6, 7, 8, 9].map((register): Code => [0xb7, register, 0, 0]),
  [0x7a, 10, -8, 7],
];

/** Whether 67 is a prime, by trial division. */
const prime: readonly Code[] = [
  [0xb7, 1, 0, 67],
  [0xb7, 0, 0, 1],
  [0xb7, 2, 0, 2],
  [0x25, 1, 1, 2],
  [0x95],
  [0xbf, 0x13],
  [0x9f, 0x23],
  [0x15, 3, 3, 0],
  [0x07, 2, 0, 1],
  [0x2d, 0x21, -5],
  [0x05, 0, 2],
  [0xb7, 0, 0, 0],
  [0x15, 0, 0, 0],
];

/** Whether the address in a packet of IPv4 behind Ethernet is one of 192.168.1.0/24. */
const subnet: readonly Code[] = [
  [0xb7, 0, 0, 0],
  [0x69, 0x12, 12],
  [0x55, 2, 5, 0x0008],
  [0x61, 0x11, 26],
  [0x57, 1, 0, 0x00ffffff],
  [0xb7, 2, 0, 0x0001a8c0],
  [0x5d, 0x21, 1],
  [0xb7, 0, 0, 1],
];
const packet = (address: string): string =>
  `${"00".repeat(12)}0800 4500 0014 0000 0000 4006 0000 ${address} 0a000001`;

const groups: Readonly<Record<string, readonly Case[]>> = {
  add: operation(0x00, [max, 2], [1n, 1n]),
  sub: operation(0x10, [1n, 2], [max, 0xffff_ffffn]),
  mul: [
    ...operation(0x20, [max, 3], [max - 2n, 0xffff_fffdn]),
    pair(0x2f, 0x1_0000_0001n, 0x1_0000_0001n, 0x2_0000_0001n),
    pair(0x2c, 0x4000_0001n, 4n, 4n),
  ],
  div: [
    ...operation(0x30, [max, 2], [max >> 1n, 0x7fff_ffffn]),
    ...operation(0x30, [5n, 7], [0n, 0n]),
    single(0x37, max - 9n, -10, 1n),
    pair(0x3c, 0x1_0000_000cn, 0x1_0000_0004n, 3n),
  ],
  "div-by-zero": [pair(0x3f, 7n, 0n, 0n), pair(0x3c, 0x1_0000_0007n, 0x1_0000_0000n, 0n)],
  sdiv: [
    ...operation(0x30, [max - 6n, 2], [max - 2n, 0xffff_fffdn], 1),
    single(0x37, 7n, -2, max - 2n, 1),
    pair(0x3f, 1n << 63n, max, 1n << 63n, 1),
    pair(0x3c, 0x8000_0000n, 0xffff_ffffn, 0x8000_0000n, 1),
    pair(0x3f, 7n, 0n, 0n, 1),
  ],
  mod: [
    ...operation(0x90, [max, 16], [15n, 15n]),
    single(0x97, 5n, -3, 5n),
    pair(0x9c, 0x1_0000_000dn, 0x1_0000_0004n, 1n),
  ],
  "mod-by-zero": [pair(0x9f, max, 0n, max), pair(0x9c, max, 1n << 32n, 0xffff_ffffn)],
  smod: [
    ...operation(0x90, [max - 6n, 2], [max, 0xffff_ffffn], 1),
    single(0x97, 7n, -2, 1n, 1),
    pair(0x9f, 1n << 63n, max, 0n, 1),
    pair(0x9c, 0x8000_0000n, 0xffff_ffffn, 0n, 1),
    pair(0x9f, max - 6n, 0n, max - 6n, 1),
  ],
  or: operation(0x40, [value, 0x0f], [value | 0x0fn, 0x4433_221fn]),
  and: [
    ...operation(0x50, [value, 0xf0], [0x10n, 0x10n]),
    single(0x57, value, -256, value - 0x11n),
  ],
  xor: [
    ...operation(0xa0, [value, 0xff], [value ^ 0xffn, 0x4433_22een]),
    single(0xa7, value, -1, value ^ max),
  ],
  lsh: [
    ...operation(0x60, [value, 4], [0x8776_6554_4332_2110n, 0x4332_2110n]),
    pair(0x6f, 1n, 65n, 2n),
  ],
  rsh: [...operation(0x70, [value, 4], [value >> 4n, 0x0443_3221n]), pair(0x7c, 16n, 33n, 8n)],
  arsh: [
    ...operation(0xc0, [value, 4], [0xf887_7665_5443_3221n, 0x0443_3221n]),
    pair(0xcc, 0x8000_0000n, 4n, 0xf800_0000n),
    single(0xc7, 1n << 63n, 63, max),
    pair(0xcf, 1n << 63n, 64n + 63n, max),
  ],
  neg: [
    single(0x87, 2n, 0, max - 1n),
    single(0x84, 2n, 0, 0xffff_fffen),
    single(0x87, 1n << 63n, 0, 1n << 63n),
    single(0x84, 0x8000_0000n, 0, 0x8000_0000n),
  ],
  mov: [
    single(0xb7, value, -1, max),
    single(0xb4, value, -1, 0xffff_ffffn),
    pair(0xbf, 0n, value, value),
    pair(0xbc, max, value, 0x4433_2211n),
  ],
  movsx: [
    pair(0xbf, 0n, 0x1_80n, max - 0x7fn, 8),
    pair(0xbf, 0n, 0x1_8000n, max - 0x7fffn, 16),
    pair(0xbf, 0n, 0x1_8000_0000n, 0xffff_ffff_8000_0000n, 32),
    pair(0xbf, 0n, 0x17fn, 0x7fn, 8),
    pair(0xbc, max, 0x80n, 0xffff_ff80n, 8),
    pair(0xbc, max, 0x8000n, 0xffff_8000n, 16),
  ],
  be: [
    single(0xdc, value, 16, 0x1122n),
    single(0xdc, value, 32, 0x1122_3344n),
    single(0xdc, value, 64, 0x1122_3344_5566_7788n),
  ],
  le: [
    single(0xd4, value, 16, 0x2211n),
    single(0xd4, value, 32, 0x4433_2211n),
    single(0xd4, value, 64, value),
  ],
  swap: [
    single(0xd7, value, 16, 0x1122n),
    single(0xd7, value, 32, 0x1122_3344n),
    single(0xd7, value, 64, 0x1122_3344_5566_7788n),
  ],
  "ja, ja32": [
    [
      [
        [0xb7, 0, 0, 1],
        [0x05, 0, 1],
        [0xb7, 0, 0, 2],
      ],
      1n,
    ],
    [
      [
        [0xb7, 0, 0, 1],
        [0x06, 0, 0, 1],
        [0xb7, 0, 0, 2],
      ],
      1n,
    ],
    [[[0x05, 0, 2], [0xb7, 0, 0, 1], [0x95], [0x06, 0, 0, -3]], 1n],
  ],
  jeq: [...jump(0x10, 5n, 5, true), ...jump(0x10, 6n, 5, false)],
  jne: [...jump(0x50, 6n, 5, true), ...jump(0x50, 5n, 5, false)],
  jgt: [...jump(0x20, max, 5, true), ...jump(0x20, 5n, 5, false)],
  jge: [...jump(0x30, 5n, 5, true), ...jump(0x30, 4n, 5, false)],
  jlt: [...jump(0xa0, 4n, 5, true), ...jump(0xa0, max, 5, false)],
  jle: [...jump(0xb0, 5n, 5, true), ...jump(0xb0, 6n, 5, false)],
  jset: [...jump(0x40, 0x6n, 4, true), ...jump(0x40, 0xbn, 4, false)],
  jsgt: [...jump(0x60, 6n, -5, true), ...jump(0x60, max, 5, false)],
  jsge: [...jump(0x70, max - 4n, -5, true), ...jump(0x70, max - 5n, -5, false)],
  jslt: [...jump(0xc0, max, 5, true), ...jump(0xc0, 5n, -5, false)],
  jsle: [...jump(0xd0, max - 4n, -5, true), ...jump(0xd0, 5n, -5, false)],
  "jumps of 32 bits see the lower half": [
    [[...wide(1, 0xff_0000_0005n), [0xb7, 0, 0, 1], [0x16, 1, 1, 5], [0xb7]], 1n],
    [[...wide(1, 0xff_0000_0005n), [0xb7, 0, 0, 1], [0x15, 1, 1, 5], [0xb7]], 0n],
    [[...wide(1, 0x8000_0000n), [0xb7, 0, 0, 1], [0xc6, 1, 1, 0], [0xb7]], 1n],
    [[...wide(1, 0x8000_0000n), [0xb7, 0, 0, 1], [0xc5, 1, 1, 0], [0xb7]], 0n],
  ],
  "exit that is not the last": [[[[0xb7, 0, 0, 1], [0x95], [0xb7, 0, 0, 2]], 1n]],
  "call of a helper": [
    [
      [
        [0xb7, 1, 0, -1],
        [0x85, 0, 0, 5],
        [0xb7, 0, 0, 2],
      ],
      2n,
    ],
  ],
  "call of a local function": [[localCall, 15n + 30n + 100n]],
  lddw: [
    [wide(0, value), value],
    [[...wide(0, max), ...wide(0, 1n << 31n)], 1n << 31n],
  ],
  ldx: [
    [[[0x71, 0x10, 1]], 0x22n, "11 22"],
    [[[0x69, 0x10, 1]], 0x3322n, "11 22 33"],
    [[[0x61, 0x10, 0]], 0x8833_2211n, "11 22 33 88"],
    [[[0x79, 0x10, 0]], value, "11 22 33 44 55 66 77 88"],
    [
      [
        [0x69, 0x11, 0],
        [0xbf, 0x10],
      ],
      0x2211n,
      "11 22",
    ],
  ],
  ldxs: [
    [[[0x91, 0x10, 0]], max - 0x7fn, "80"],
    [[[0x89, 0x10, 0]], max - 0x7fffn, "00 80"],
    [[[0x81, 0x10, 0]], 0xffff_ffff_8000_0000n, "00 00 00 80"],
    [[[0x81, 0x10, 0]], 0x7fff_ffffn, "ff ff ff 7f"],
  ],
  st: [
    [
      [
        [0x72, 1, 1, -1],
        [0x79, 0x10],
      ],
      0x0000_0000_0000_ff00n,
      "00".repeat(8),
    ],
    [
      [
        [0x6a, 1, 1, -1],
        [0x79, 0x10],
      ],
      0x0000_0000_00ff_ff00n,
      "00".repeat(8),
    ],
    [
      [
        [0x62, 1, 1, -1],
        [0x79, 0x10],
      ],
      0x0000_00ff_ffff_ff00n,
      "00".repeat(8),
    ],
    [
      [
        [0x7a, 1, 0, -2],
        [0x79, 0x10],
      ],
      max - 1n,
      "00".repeat(8),
    ],
  ],
  stx: [
    [[...wide(2, value), [0x73, 0x21, 7], [0x79, 0x10]], 0x11n << 56n, "00".repeat(8)],
    [[...wide(2, value), [0x6b, 0x21, 2], [0x79, 0x10]], 0x2211_0000n, "00".repeat(8)],
    [[...wide(2, value), [0x63, 0x21, 4], [0x79, 0x10]], 0x4433_2211_0000_0000n, "00".repeat(8)],
    [[...wide(2, value), [0x7b, 0x21, 0], [0x79, 0x10]], value, "00".repeat(8)],
  ],
  lock_add: [
    ...stored(0x00, max, 2n, [1n, 0xffff_ffff_0000_0001n]),
    ...fetched(0x01, max, 2n, [max, 0xffff_ffffn]),
  ],
  lock_or: [
    ...stored(0x40, value, 0xffn << 32n, [value | (0xffn << 32n), value]),
    ...fetched(0x41, value, 1n, [value, 0x4433_2211n]),
  ],
  lock_and: [
    ...stored(0x50, value, 0xffn, [0x11n, 0x8877_6655_0000_0011n]),
    ...fetched(0x51, value, 1n, [value, 0x4433_2211n]),
  ],
  lock_xor: [
    ...stored(0xa0, value, max, [value ^ max, value ^ 0xffff_ffffn]),
    ...fetched(0xa1, value, 1n, [value, 0x4433_2211n]),
  ],
  lock_xchg: [
    ...stored(0xe1, value, 5n, [5n, 0x8877_6655_0000_0005n]),
    ...fetched(0xe1, value, 1n, [value, 0x4433_2211n]),
  ],
  lock_cmpxchg: [
    exchanged(0xdb, value, BigInt.asUintN(64, value + 5n)),
    exchanged(0xdb, 1n, BigInt.asUintN(64, 2n * value)),
    exchanged(0xc3, value, 0x4433_2211n + 0x8877_6655_0000_0005n),
    exchanged(0xc3, 1n, 0x4433_2211n + value),
  ],
  "mem-len": [
    [[[0xbf, 0x20]], 3n, "aa bb cc"],
    [[[0xbf, 0x20]], 0n],
    [[[0xbf, 0x10]], 0n],
  ],
  stack: [
    [
      [
        [0xb7, 1, 0, 51],
        [0x7a, 10, -16, 0xab],
        [0x7a, 10, -8, 0xcd],
        [0x57, 1, 0, 1],
        [0x67, 1, 0, 3],
        [0xbf, 0xa2],
        [0x0f, 0x12],
        [0x79, 0x20, -16],
      ],
      0xcdn,
    ],
    [
      [
        [0x72, 10, -512, 7],
        [0x71, 0xa0, -512],
      ],
      7n,
    ],
  ],
  prime: [[prime, 1n]],
  subnet: [
    [subnet, 1n, packet("c0a80107")],
    [subnet, 0n, packet("c0a80207")],
  ],
};

/** Bytes of the program and its exit, in hexadecimal. */
function hexOf(code: readonly Code[]): string {
  const bytes = Buffer.alloc(8 * (code.length + 1));
  for (const [index, [opcode, registers = 0, offset = 0, immediate = 0]] of code.entries()) {
    bytes.writeUInt8(opcode, 8 * index);
    bytes.writeUInt8(registers, 8 * index + 1);
    bytes.writeInt16LE(offset, 8 * index + 2);
    bytes.writeInt32LE(immediate | 0, 8 * index + 4);
  }
  bytes.writeUInt8(0x95, 8 * code.length);
  return bytes.toString("hex");
}

async function run([code, , memory]: Case, engine: "interpret" | "compile"): Promise<string> {
  let printed = "";
  const stdout = { write: (text: string) => (printed += text) };
  const program = hexOf(code);
  await execute(memory, { program, [engine]: true }, { stdout } as unknown as Context);
  return printed;
}

describe("ts-ebpf sim exec, as bpf_conformance asks for", () => {
  for (const [group, cases] of Object.entries(groups)) {
    it(group, async () => {
      for (const [index, one] of cases.entries()) {
        for (const engine of ["interpret", "compile"] as const) {
          const printed = await run(one, engine);
          assert.equal(printed, `${one[1].toString(16)}\n`, `${engine}, case ${index}`);
        }
      }
    });
  }
});
