import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fromHex } from "../base/bytes.ts";
import { MalformedError } from "../base/errors.ts";
import { decode, type DecodeOptions } from "./decode.ts";
import { encode } from "./encode.ts";
import { format } from "./format.ts";

const little = { byteOrder: "little" } as const;

function check(digits: string, text: string, options: DecodeOptions = {}): void {
  const decoded = decode(fromHex(digits), { ...little, ...options });
  assert.equal(decoded.map((instruction) => format(instruction)).join("; "), text);
}

function checkError(digits: string, offset: number, message: string): void {
  assert.throws(
    () => decode(fromHex(digits), little),
    (error) => {
      assert.ok(error instanceof MalformedError, String(error));
      assert.equal(error.code, "INSTRUCTIONS_MALFORMED");
      assert.equal(error.offset, offset);
      assert.ok(error.message.endsWith(`: ${message}`), error.message);
      return true;
    },
  );
}

describe("decode", () => {
  it("decodes no bytes as nothing", () => assert.deepEqual(decode(new Uint8Array()), []));

  it("reads from the middle of a buffer", () => {
    const buffer = fromHex("ff ff ff ff ff ff ff ff 95 00 00 00 00 00 00 00 ff");
    assert.deepEqual(decode(buffer.subarray(8, 16), little), [{ kind: "exit" }]);
  });

  it("freezes what it returns, down to addresses", () => {
    const [load] = decode(fromHex("1851000002000000 0000000000000000"), little);
    assert.ok(load?.kind === "wide-load");
    assert.ok(Object.isFrozen(load) && Object.isFrozen(load.value));
  });

  it("accepts only what encodes to the same bytes, and throws nothing unexpected", () => {
    const register = fc.nat({ max: 11 });
    const slot = fc
      .tuple(
        fc.nat({ max: 255 }),
        register,
        register,
        fc.oneof(fc.constantFrom(0, 1, 8, 0xffff), fc.nat({ max: 0xffff })),
        fc.oneof(fc.constantFrom(0, 1, 16, 0xe1, 0x100), fc.nat({ max: 0xffff_ffff })),
      )
      .map(([opcode, dst, src, offset, imm]) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setUint16(0, (opcode << 8) | (src << 4) | dst);
        view.setUint16(2, offset);
        view.setUint32(4, imm);
        return new Uint8Array(view.buffer);
      });
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(slot, fc.uint8Array({ maxLength: 32 })), (bytes) => {
        const decoded = attempt(bytes);
        if (decoded === undefined) return;
        accepted++;
        assert.deepEqual(encode(decoded, little), new Uint8Array(bytes));
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 20, `only ${accepted} accepted`);
  });
});

function attempt(bytes: Uint8Array): ReturnType<typeof decode> | undefined {
  try {
    return decode(bytes, little);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

describe("malformed instructions", () => {
  const exit = "9500000000000000";
  it("end in the middle of a slot", () =>
    checkError(`${exit}95`, 8, "9 bytes are no whole number of slots of 8"));
  it("have an unknown opcode", () =>
    checkError(`${exit}ff00000000000000`, 8, "no instruction has opcode 0xff"));
  it("have a register above 10", () => {
    checkError("b70b000000000000", 0, "opcode 0xb7: no register 11");
    checkError("bfb1000000000000", 0, "opcode 0xbf: no register 11");
  });
  it("have something in an unused field", () => {
    const unused = (field: string): string =>
      `opcode 0x95: ${field}, but not used and must be zero`;
    checkError("9501000000000000", 0, unused("dst is 1"));
    checkError("9510000000000000", 0, unused("src is 1"));
    checkError("9500010000000000", 0, unused("offset is 1"));
    checkError("9500000001000000", 0, unused("imm is 1"));
    checkError("bf12000001000000", 0, "opcode 0xbf: imm is 1, but not used and must be zero");
  });
  it("are wide loads without a second slot", () =>
    checkError("1801000005000000", 0, "the wide load has no second slot"));
  it("are wide loads with more than a number in the second slot", () => {
    const message = "the second slot of a wide load has more than a number";
    for (const second of ["18", "0001", "000001"]) {
      checkError(`1801000005000000${second.padEnd(16, "0")}`, 8, message);
    }
  });
  it("are wide loads of nothing known", () =>
    checkError(
      "1871000005000000 0000000000000000",
      0,
      "opcode 0x18: source register 7 stands for nothing",
    ));
  it("are maps with a second number", () =>
    checkError(
      "1811000005000000 0000000001000000",
      0,
      "opcode 0x18: second imm is 1, but not used and must be zero",
    ));
  it("are operations with an offset that means nothing", () => {
    checkError("0701010000000000", 0, "opcode 0x07: offset is 1, but not used and must be zero");
    checkError("3701020007000000", 0, "opcode 0x37: no operation has this offset");
    checkError("bf12070000000000", 0, "opcode 0xbf: no move of 64 bits has offset 7");
    checkError("bc12200000000000", 0, "opcode 0xbc: no move of 32 bits has offset 32");
    checkError("bc12010000000000", 0, "opcode 0xbc: no move of 32 bits has offset 1");
    checkError("b701080000000000", 0, "opcode 0xb7: offset is 8, but not used and must be zero");
  });
  it("are swaps of odd sizes", () =>
    checkError("dc01000018000000", 0, "opcode 0xdc: no swap of 24 bits"));
  it("are unknown atomics", () => {
    checkError("db12000010000000", 0, "opcode 0xdb: no atomic operation 16");
    checkError("cb12000001000000", 0, "opcode 0xcb: atomic fetch_add works on 4 and 8 bytes only");
  });
  it("are calls of nothing known", () => {
    checkError("8530000001000000", 0, "opcode 0x85: source register 3 stands for nothing");
    checkError("8510050001000000", 0, "opcode 0x85: offset is 5, but not used and must be zero");
  });
  it("are jumps into the middle of a wide load", () =>
    checkError(
      "0500010000000000 1801000005000000 0000000000000000 9500000000000000",
      0,
      "the jump leads into the middle of a wide load",
    ));
  it("tell the slot after wide loads", () =>
    assert.throws(
      () => decode(fromHex("1801000005000000 0000000000000000 ff00000000000000"), little),
      { message: "instruction 2 › +0x10: no instruction has opcode 0xff" },
    ));
});

describe("programs that a kernel shows", () => {
  const kernel = { origin: "kernel" } as const;
  it("have leftovers in unused fields", () => check("bc11000001000000", "w1 = w1", kernel));
  it("have distances of calls in the offset", () => check("8510070002000000", "call pc+7", kernel));
  it("have second numbers behind maps", () =>
    check("1811000005000000 0000000001000000", "r1 = map[id:5]", kernel));
  it("are still instructions", () =>
    assert.throws(
      () => decode(fromHex("ff00000000000000"), { ...little, ...kernel }),
      MalformedError,
    ));
});

describe("calls before they are linked", () => {
  it("may point anywhere, also into wide loads", () => check("85100000ffffffff", "call pc-1"));
});
