/**
 * The types that follow from layouts. The compiler does most of the checking; each value is also read for real.
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ipv4 } from "./address/ipv4.ts";
import { array } from "./array.ts";
import { bool } from "./bool.ts";
import { bytes } from "./bytes.ts";
import { chars } from "./chars.ts";
import { cursor } from "./codec/cursor.ts";
import { enumeration } from "./enumeration.ts";
import { flags } from "./flags.ts";
import { offsetOf } from "./inspect.ts";
import { be16, be64, u32, u64, u8 } from "./integer.ts";
import type { Infer, Layout } from "./layout.ts";
import { struct } from "./struct.ts";
import { transform } from "./transform.ts";
import { u53 } from "./u53.ts";
import { encodeValue, parseValue } from "./value.ts";

/** Whether two types are the same, `readonly` included. */
type Equal<A, B> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- TypeScript compares such functions exactly
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Reads a zero value and checks its `typeof`. Compiles only when the type argument is `true`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the constraint is the test
function typed<_Same extends true>(layout: Layout<unknown>, expected: string): void {
  assert.equal(typeof parseValue(layout, new Uint8Array(layout.size)), expected);
}

const Inner = struct("inner", { port: be16, open: bool });
const Event = struct("event", { ts: u64, inner: Inner, ports: array(be16, 3), comm: chars(16) });
const Action = enumeration(u32, { DROP: 1, PASS: 2 });
const Flags = flags(u8, { FIN: 1, SYN: 2 });
const date = transform(u53, {
  decode: (ms) => new Date(ms),
  encode: (date: Date) => date.getTime(),
});

describe("Infer", () => {
  it("knows numbers", () => typed<Equal<Infer<typeof u32>, number>>(u32, "number"));
  it("knows numbers in network order", () =>
    typed<Equal<Infer<typeof be16>, number>>(be16, "number"));
  it("knows bigints", () => typed<Equal<Infer<typeof u64>, bigint>>(u64, "bigint"));
  it("knows bigints in network order", () =>
    typed<Equal<Infer<typeof be64>, bigint>>(be64, "bigint"));
  it("knows counters", () => typed<Equal<Infer<typeof u53>, number>>(u53, "number"));
  it("knows booleans", () => typed<Equal<Infer<typeof bool>, boolean>>(bool, "boolean"));
  it("knows text", () => {
    typed<Equal<Infer<ReturnType<typeof chars>>, string>>(chars(4), "string");
    typed<Equal<Infer<typeof ipv4>, string>>(ipv4, "string");
  });
  it("knows bytes", () =>
    typed<Equal<Infer<ReturnType<typeof bytes>>, Uint8Array>>(bytes(4), "object"));
  it("knows enumerations", () =>
    typed<Equal<Infer<typeof Action>, "DROP" | "PASS" | number>>(Action, "number"));
  it("knows flags", () =>
    typed<Equal<Infer<typeof Flags>, readonly ("FIN" | "SYN" | number)[]>>(Flags, "object"));
  it("knows transforms", () => typed<Equal<Infer<typeof date>, Date>>(date, "object"));
  it("knows structs in structs and arrays in them", () =>
    typed<
      Equal<
        Infer<typeof Event>,
        {
          readonly ts: bigint;
          readonly inner: { readonly port: number; readonly open: boolean };
          readonly ports: readonly number[];
          readonly comm: string;
        }
      >
    >(Event, "object"));
  it("is the type of what a cursor shows", () => {
    const at = cursor(Event);
    typed<Equal<typeof at.fields, Infer<typeof Event>>>(Event, "object");
  });
});

describe("types of layouts", () => {
  it("tell byte orders apart", () => {
    const host: "host" = u32.order;
    const network: "network" = be16.order;
    assert.deepEqual([host, network], ["host", "network"]);
  });
  it("keep the fields of structs", () => {
    const { layout } = Event.fields.inner;
    const same: Equal<typeof layout, typeof Inner> = true;
    assert.ok(same);
    assert.equal(offsetOf(Event, "inner"), 8);
    // @ts-expect-error -- no such field
    assert.throws(() => offsetOf(Event, "outer"));
  });
  it("let any layout pass as one of unknown", () => {
    const layouts: readonly Layout<unknown>[] = [u32, u64, Event, Action, date];
    assert.equal(layouts.length, 5);
  });
  it("refuse values of another type", () => {
    // @ts-expect-error -- a bigint is needed
    assert.throws(() => encodeValue(u64, 1));
    // @ts-expect-error -- no such name
    assert.throws(() => encodeValue(Action, "PAS"));
    // @ts-expect-error -- a field is missing
    assert.throws(() => encodeValue(Inner, { port: 1 }));
    // @ts-expect-error -- a field too many
    assert.throws(() => encodeValue(Inner, { port: 1, open: true, shut: false }));
  });
  it("forbid changing what was read", () => {
    const value = parseValue(Inner, new Uint8Array(Inner.size));
    // @ts-expect-error -- fields are read-only
    value.port = 1;
    assert.equal(value.port, 1);
  });
});
