import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, it } from "node:test";
import { MalformedError } from "../../base/errors.ts";
import { hex } from "../../base/bytes.ts";
import { parseBtf } from "../btf.ts";
import { typeId } from "../type-table.ts";
import { BtfWriter } from "../write/writer.ts";
import {
  coreReloFormat,
  coreReloKinds,
  decodeRecords,
  encodeRecords,
  funcInfoFormat,
  lineInfoFormat,
  type CoreRelo,
  type FuncInfo,
  type LineInfo,
} from "./records.ts";
import { encodeBtfExt, parseBtfExt } from "./sections.ts";

/** Plain objects, as those that are decoded. */
const record = <T>(parts: { readonly [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> =>
  fc.record<T>(parts, { noNullPrototype: true });

const slot = fc.integer({ min: 0, max: 1_000_000 });
const text = fc.constantFrom("", "src/a.ts", "e.pid = task.tgid;", "Größe");
const type = fc.nat().map(typeId);
const byteOrder = fc.constantFrom("little", "big");
const anyFunc: fc.Arbitrary<FuncInfo> = record({ slot, type });
const anyLine: fc.Arbitrary<LineInfo> = record({
  slot,
  file: text,
  text,
  line: fc.integer({ min: 0, max: 2 ** 22 - 1 }),
  column: fc.integer({ min: 0, max: 1023 }),
});
const anyRelo: fc.Arbitrary<CoreRelo> = record<CoreRelo>({
  slot,
  type,
  access: fc.constantFrom("0", "0:1:2"),
  kind: fc.constantFrom(...coreReloKinds),
});

/** The strings of a writer as a reader has them. */
const read = (writer: BtfWriter) => parseBtf(writer.encode()).strings;

describe("records", () => {
  it("are read as they were written, in both byte orders", () =>
    fc.assert(
      fc.property(
        fc.array(anyFunc),
        fc.array(anyLine),
        fc.array(anyRelo),
        byteOrder,
        (funcs, lines, relos, byteOrder) => {
          const writer = new BtfWriter();
          const options = { byteOrder } as const;
          const tables = [
            encodeRecords(funcInfoFormat, funcs, writer.strings, options),
            encodeRecords(lineInfoFormat, lines, writer.strings, options),
            encodeRecords(coreReloFormat, relos, writer.strings, options),
          ] as const;
          const strings = read(writer);
          assert.deepEqual(decodeRecords(funcInfoFormat, tables[0], strings, options), funcs);
          assert.deepEqual(decodeRecords(lineInfoFormat, tables[1], strings, options), lines);
          assert.deepEqual(decodeRecords(coreReloFormat, tables[2], strings, options), relos);
        },
      ),
    ));

  it("count slots, but relocations bytes", () => {
    const { strings } = new BtfWriter();
    const func = encodeRecords(funcInfoFormat, [{ slot: 3, type: typeId(5) }], strings, {
      byteOrder: "little",
    });
    assert.equal(hex(func.bytes, " "), "03 00 00 00 05 00 00 00");
    const relo = encodeRecords(
      coreReloFormat,
      [{ slot: 3, type: typeId(5), access: "", kind: "enum-value" }] as const,
      strings,
      { byteOrder: "little" },
    );
    assert.equal(hex(relo.bytes, " "), "18 00 00 00 05 00 00 00 00 00 00 00 0b 00 00 00");
  });

  it("keep a column in 10 bits and a line in 22", () => {
    const writer = new BtfWriter();
    const line = { slot: 0, file: "", text: "", line: 2 ** 22, column: 1024 };
    const table = encodeRecords(lineInfoFormat, [line], writer.strings);
    const [found] = decodeRecords(lineInfoFormat, table, read(writer));
    assert.deepEqual(found, { ...line, line: 2 ** 22 - 1, column: 1023 });
  });

  it("of later kernels may be longer", () => {
    const bytes = Uint8Array.from(new Uint8Array(new Uint32Array([1, 2, 99, 3, 4, 99]).buffer));
    const records = decodeRecords(funcInfoFormat, { recordSize: 12, bytes }, read(new BtfWriter()));
    assert.deepEqual(records, [
      { slot: 1, type: 2 },
      { slot: 3, type: 4 },
    ]);
  });

  it("are refused when they are cut off, too short, or of an unknown kind", () => {
    const strings = read(new BtfWriter());
    const check = (table: Parameters<typeof decodeRecords>[1], message: RegExp) =>
      assert.throws(
        () => decodeRecords(coreReloFormat, table, strings),
        (error) => error instanceof MalformedError && message.test(error.message),
      );
    check({ recordSize: 16, bytes: new Uint8Array(20) }, /20 bytes are no table of records of 16/);
    check({ recordSize: 12, bytes: new Uint8Array(24) }, /no table of records/);
    check({ recordSize: 0, bytes: new Uint8Array(0) }, /no table of records/);
    const unknown = new Uint8Array(new Uint32Array([0, 0, 0, 13]).buffer);
    check({ recordSize: 16, bytes: unknown }, /core_relo › record 0 › \+0x0: kind 13/);
    const noText = new Uint8Array(new Uint32Array([0, 0, 77, 0]).buffer);
    check(
      { recordSize: 16, bytes: noText },
      /core_relo › record 0 › \+0x0: .*there is no name at 77/,
    );
  });
});

describe("section .BTF.ext", () => {
  const section = fc.constantFrom("tp_btf/sched_process_exec", "xdp", ".text");
  const sections = <T>(records: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T[]>> =>
    fc
      .uniqueArray(section)
      .chain((names) =>
        fc.tuple(
          ...names.map((name) => fc.tuple(fc.constant(name), fc.array(records, { minLength: 1 }))),
        ),
      )
      .map((entries) => new Map(entries));
  const anyExt = record({
    funcInfo: sections(anyFunc),
    lineInfo: sections(anyLine),
    coreRelos: sections(anyRelo),
  });

  it("is read as it was written, in both byte orders", () =>
    fc.assert(
      fc.property(anyExt, byteOrder, (ext, byteOrder) => {
        const writer = new BtfWriter();
        const bytes = encodeBtfExt(ext, writer.strings, { byteOrder });
        assert.deepEqual(parseBtfExt(bytes, read(writer)), ext);
      }),
    ));

  it("fails only in one way, however it is damaged", () => {
    const writer = new BtfWriter();
    const ext = {
      funcInfo: new Map([["xdp", [{ slot: 1, type: typeId(1) }]]]),
      lineInfo: new Map([["xdp", [{ slot: 1, file: "a", text: "b", line: 1, column: 1 }]]]),
      coreRelos: new Map([
        ["xdp", [{ slot: 1, type: typeId(1), access: "0", kind: "type-size" as const }]],
      ]),
    };
    const whole = encodeBtfExt(ext, writer.strings);
    const strings = read(writer);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    const damage = record({ length: place, at: place, byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(damage, ({ length, at, byte }) => {
        const damaged = whole.slice();
        damaged[at] = byte;
        for (const bytes of [damaged, whole.slice(0, length)]) {
          try {
            parseBtfExt(bytes, strings);
          } catch (error) {
            assert.ok(error instanceof MalformedError, String(error));
          }
        }
      }),
    );
    assert.throws(() => parseBtfExt(whole.slice(0, whole.length - 1), strings), MalformedError);
    assert.throws(() => parseBtfExt(new Uint8Array(32), strings), MalformedError);
  });
});
