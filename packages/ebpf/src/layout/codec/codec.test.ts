import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { formatIpv6, ipv6 } from "../address/ipv6.ts";
import { array } from "../array.ts";
import { bool } from "../bool.ts";
import { bytes } from "../bytes.ts";
import { chars } from "../chars.ts";
import { enumeration } from "../enumeration.ts";
import { be16, be32, be64, s16, s32, s64, s8, u16, u32, u64, u8 } from "../integer.ts";
import type { Composite, FieldLayouts, IntegerLayout, Layout, StructLayout } from "../layout.ts";
import { struct } from "../struct.ts";
import { u53 } from "../u53.ts";
import { ValueError } from "../value-error.ts";
import { compileReader, compileWriter, interpretReader, interpretWriter } from "./compile.ts";
import { compileCursor, cursor, interpretCursor } from "./cursor.ts";

/** A layout, and what it can hold. */
interface Case<L extends Layout<unknown> = Layout<unknown>> {
  readonly layout: L;
  readonly values: fc.Arbitrary<unknown>;
}

const integerCase = (layout: IntegerLayout<number | bigint>): Case => {
  const valueBits = BigInt(layout.bits - (layout.signed ? 1 : 0));
  const max = (1n << valueBits) - 1n;
  const values = fc.bigInt({ min: layout.signed ? -max - 1n : 0n, max });
  return { layout, values: layout.bits === 64 ? values : values.map(Number) };
};

/** A layout that says nothing about itself, as users write them. It uses its receiver, as methods may. */
const own: Layout<number> = {
  name: "own",
  size: 4,
  alignment: 2,
  read(this: Layout<number>, view, offset) {
    return view.getUint16(offset) * this.alignment;
  },
  write(view, offset, value) {
    if (typeof value !== "number" || value % 2 !== 0) throw new ValueError("odd");
    view.setUint32(offset, 0);
    view.setUint16(offset, value / this.alignment);
  },
};

const leaf: fc.Arbitrary<Case> = fc.oneof(
  fc.constantFrom(...[u8, u16, u32, u64, s8, s16, s32, s64, be16, be32, be64].map(integerCase)),
  fc.constant({ layout: bool, values: fc.boolean() }),
  fc.constant({ layout: u53, values: fc.maxSafeNat() }),
  fc.constant({ layout: own, values: fc.nat(0xffff).map((value) => 2 * value) }),
  fc.nat(20).map((length) => ({
    layout: chars(3 * length + 1),
    values: fc.string({ unit: fc.constantFrom("a", "z", "é", "€"), maxLength: length }),
  })),
  fc.integer({ min: 1, max: 9 }).map((length) => ({
    layout: bytes(length),
    values: fc.uint8Array({ minLength: length, maxLength: length }),
  })),
  fc.constant({
    layout: ipv6,
    values: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpv6),
  }),
  fc.constant({
    layout: enumeration(u8, { LOW: 1, HIGH: 200 }),
    values: fc.constantFrom("LOW", "HIGH", 0, 255),
  }),
);

const fieldName = fc.oneof(
  fc.constantFrom("length", "constructor", "toString", "view", "offset", "value", "name0", "new"),
  fc.stringMatching(/^[A-Za-z_]\w{0,5}$/).filter((name) => name !== "__proto__"),
);

const { struct: anyStruct, composite: anyComposite } = fc.letrec<{
  any: Case;
  array: Case<Composite>;
  struct: Case<StructLayout>;
  composite: Case<Composite>;
}>((tie) => ({
  any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("array"), tie("struct")),
  array: fc
    .tuple(tie("any"), fc.integer({ min: 1, max: 4 }))
    .map(([{ layout, values }, length]) => ({
      layout: array(layout, length),
      values: fc.array(values, { minLength: length, maxLength: length }),
    })),
  struct: fc
    .tuple(
      fc.dictionary(fieldName, tie("any"), { minKeys: 1, maxKeys: 6, noNullPrototype: true }),
      fc.boolean(),
    )
    .map(([cases, packed]) => {
      const entries = Object.entries(cases);
      const layouts = entries.map(([name, { layout }]) => [name, layout]);
      const values = entries.map(([name, { values }]) => [name, values]);
      return {
        layout: struct("s", Object.fromEntries(layouts) as FieldLayouts, { packed }),
        values: fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>, {
          noNullPrototype: true,
        }),
      };
    }),
  composite: fc.oneof(tie("array"), tie("struct")),
}));

/** A layout with one value. */
const withValue = <L extends Layout<unknown>>(
  cases: fc.Arbitrary<Case<L>>,
): fc.Arbitrary<readonly [layout: L, value: unknown]> =>
  cases.chain(({ layout, values }) => values.map((value) => [layout, value] as const));

/** Memory of the layout between two bytes, all of them 0xff. */
const memoryFor = (layout: Layout<unknown>): DataView =>
  new DataView(new Uint8Array(layout.size + 2).fill(0xff).buffer);

const neverAsked = (): never => assert.fail("the compiled writer gave up");

describe("compiled and interpreted codecs", () => {
  it("store the same bytes, and only inside", () => {
    fc.assert(
      fc.property(withValue(anyComposite), ([layout, value]) => {
        const [compiled, interpreted] = [memoryFor(layout), memoryFor(layout)];
        compileWriter<unknown>(layout, neverAsked)(compiled, 1, value);
        interpretWriter<unknown>(layout)(interpreted, 1, value);
        assert.deepEqual(compiled, interpreted);
        assert.deepEqual([compiled.getUint8(0), compiled.getUint8(layout.size + 1)], [0xff, 0xff]);
      }),
    );
  });
  it("read what was written", () => {
    fc.assert(
      fc.property(withValue(anyComposite), ([layout, value]) => {
        const view = memoryFor(layout);
        layout.write(view, 1, value as never);
        assert.deepEqual(compileReader<unknown>(layout)(view, 1), value);
        assert.deepEqual(interpretReader<unknown>(layout)(view, 1), value);
      }),
    );
  });
  it("store equal values as equal bytes, whatever was there before", () => {
    fc.assert(
      fc.property(withValue(anyComposite), ([layout, value]) => {
        const [ones, zeros] = [memoryFor(layout), new DataView(new ArrayBuffer(layout.size + 2))];
        layout.write(ones, 1, value as never);
        layout.write(zeros, 1, value as never);
        const inside = (view: DataView): Uint8Array => new Uint8Array(view.buffer, 1, layout.size);
        assert.deepEqual(inside(ones), inside(zeros));
      }),
    );
  });
  it("find the same fault in a wrong value", () => {
    fc.assert(
      fc.property(
        withValue(anyComposite),
        fc.infiniteStream(fc.nat()),
        junk,
        ([layout, value], steps, junk) => {
          const wrong = replaceSomewhere(value, steps, junk);
          assert.deepEqual(
            outcome(compileWriter(layout), layout, wrong),
            outcome(interpretWriter(layout), layout, wrong),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
  it("find the same fault in anything", () => {
    fc.assert(
      fc.property(anyComposite, fc.anything({ withBigInt: true }), ({ layout }, value) => {
        assert.deepEqual(
          outcome(compileWriter(layout), layout, value),
          outcome(interpretWriter(layout), layout, value),
        );
      }),
    );
  });
});

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    -0,
    -1,
    1.5,
    2 ** 32,
    2 ** 53,
    -1n,
    2n ** 64n,
  ),
  fc.constantFrom<unknown>(
    "",
    "LOW",
    "LOWER",
    true,
    Symbol("s"),
    {},
    [],
    { length: 1 },
    new Uint8Array(3),
  ),
);

/** A copy of `value` in which a part is replaced, or an object has one field more; `steps` say which way to go. */
function replaceSomewhere(value: unknown, steps: Iterator<number>, junk: unknown): unknown {
  const step = steps.next().value as number;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return junk;
  if (Array.isArray(value)) {
    const index = step % value.length;
    return value.with(index, replaceSomewhere(value[index], steps, junk));
  }
  const keys = [...Object.keys(value), "another"];
  const key = keys[step % keys.length]!;
  const part = (value as Record<string, unknown>)[key];
  return { ...value, [key]: replaceSomewhere(part, steps, junk) };
}

/** The bytes that were stored, or what was thrown. */
function outcome(
  write: (view: DataView, offset: number, value: unknown) => void,
  layout: Composite,
  value: unknown,
): unknown {
  const view = memoryFor(layout);
  try {
    write(view, 1, value);
    return view;
  } catch (error) {
    assert.ok(error instanceof ValueError, String(error));
    const { message, hint, path } = error;
    return { message, hint, path };
  }
}

describe("cursor", () => {
  const Inner = struct("inner", { low: u8, high: u16 });
  const Event = struct("event", { id: u32, inner: Inner, comm: chars(16) });
  const view = new DataView(new ArrayBuffer(3 * Event.size));
  const events = ["sh", "node", "cat"].map((comm, id) => ({
    id,
    inner: { low: id, high: 2 * id },
    comm,
  }));
  events.forEach((event, index) => Event.write(view, index * Event.size, event));

  it("shows what lies where it stands", () => {
    const event = cursor(Event);
    const seen = events.map((_, index) => structuredClone(event.at(view, index * Event.size)));
    assert.deepEqual(seen, events);
  });
  it("shows every struct as its reader does, compiled or not", () => {
    fc.assert(
      fc.property(withValue(anyStruct), ([layout, value]) => {
        const view = memoryFor(layout);
        layout.write(view, 1, value as never);
        for (const { at } of [compileCursor(layout)(), interpretCursor(layout)])
          assert.deepEqual(structuredClone(at(view, 1)), value);
      }),
    );
  });
  it("has the same objects all the time", () => {
    const { at, fields } = cursor(Event);
    assert.equal(at(view, 0), fields);
    const { inner } = fields;
    assert.equal(at(view, Event.size).inner, inner);
    assert.equal(inner.high, 2);
  });
  it("follows what is stored under it", () => {
    const own = new DataView(new ArrayBuffer(Event.size));
    const { at, fields } = cursor(Event);
    at(own, 0);
    own.setUint8(0, 42);
    assert.equal(fields.id, 42);
  });
  it("stands apart from other cursors of the struct", () => {
    const [one, other] = [cursor(Event), cursor(Event)];
    one.at(view, 0);
    other.at(view, Event.size);
    assert.deepEqual([one.fields.comm, other.fields.comm], ["sh", "node"]);
  });
  it("has its fields as properties of its own", () => {
    const fields = cursor(Event).at(view, Event.size);
    assert.deepEqual(JSON.parse(JSON.stringify(fields)), events[1]);
    assert.deepEqual(Object.keys(fields), ["id", "inner", "comm"]);
  });
  it("can be written", () => {
    const copy = new DataView(new ArrayBuffer(Event.size));
    compileWriter(Event, neverAsked)(copy, 0, cursor(Event).at(view, Event.size));
    assert.deepEqual(Event.read(copy, 0), events[1]);
  });
  it("cannot be changed", () => {
    const fields = cursor(Event).at(view, 0) as { id: number; inner: object };
    assert.throws(() => (fields.id = 1), TypeError);
    assert.throws(() => (fields.inner = {}), TypeError);
  });
  it("takes any field name", () => {
    const Names = struct("names", { at: u8, fields: u8, standing: u8, constructor: u8, view: u8 });
    const own = new DataView(Uint8Array.of(1, 2, 3, 4, 5).buffer);
    assert.deepEqual({ ...cursor(Names).at(own, 0) }, Names.read(own, 0));
  });
  it("shows nothing before it stands somewhere", () =>
    assert.throws(() => cursor(Event).fields.id, RangeError));
  it("does not see beyond the view", () =>
    assert.throws(() => cursor(Event).at(view, view.byteLength).id, RangeError));
});

describe("generated code", () => {
  it("does not run what is written in a name", () => {
    // `struct` refuses such names; what is tested is that the code would be safe without that.
    const names = [
      '"]: globalThis.broken = true, "',
      "`${globalThis.broken = true}`",
      "*/}",
      "\\",
      "\u2028",
    ];
    const fields = Object.fromEntries(names.map((name, offset) => [name, { offset, layout: u8 }]));
    const hostile: StructLayout = { ...struct("s", { a: array(u8, names.length) }), fields };
    const value = Object.fromEntries(names.map((name, index) => [name, index]));
    const view = new DataView(new ArrayBuffer(names.length));
    compileWriter<unknown>(hostile, neverAsked)(view, 0, value);
    assert.deepEqual(compileReader<unknown>(hostile)(view, 0), value);
    assert.deepEqual(structuredClone(compileCursor(hostile)().at(view, 0)), value);
    assert.ok(!("broken" in globalThis));
  });

  it("is done without where code must not be made from text", () => {
    const index = new URL("../index.ts", import.meta.url).href;
    const program = `
      import { array, chars, cursor, encodeValue, parseValue, struct, u16, u32 } from "${index}";
      let forbidden = false;
      try { new Function("") } catch { forbidden = true }
      const S = struct("s", { id: u32, inner: struct("i", { list: array(u16, 2), name: chars(8) }) });
      const bytes = encodeValue(S, { id: 7, inner: { list: [1, 2], name: "sh" } });
      const seen = cursor(S).at(new DataView(bytes.buffer), 0);
      let message;
      try { encodeValue(S, { id: -1, inner: seen.inner }) } catch (error) { message = error.message }
      console.log(JSON.stringify({ forbidden, value: parseValue(S, bytes), seen, message }));`;
    const options = [
      "--disallow-code-generation-from-strings",
      "--input-type=module",
      "--eval",
      program,
    ];
    const value = { id: 7, inner: { list: [1, 2], name: "sh" } };
    assert.deepEqual(JSON.parse(execFileSync(process.execPath, options, { encoding: "utf8" })), {
      forbidden: true,
      value,
      seen: value,
      message: "s.id: -1 is out of range for u32 (0 to 4294967295)",
    });
  });
});
