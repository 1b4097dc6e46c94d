/**
 * Small functions that several tests look at.
 * @module
 */
import { FunctionBuilder } from "./builder.ts";
import type { IrFunction } from "./function.ts";

/** Adds the numbers below a limit, in a loop with two variables. */
export function sumFunction(): IrFunction {
  const builder = new FunctionBuilder("sum", ["limit"]);
  const limit = builder.current.parameters[0]!;
  const [i, sum] = [{ name: "i" }, { name: "sum" }];
  builder.write(i, 0n);
  builder.write(sum, 0n);
  const exit = builder.block();
  builder.inLoop(() => {
    const [head, body] = [builder.block(), builder.block()];
    builder.jump(head);
    builder.current = head;
    const condition = { op: "lt", width: 64, left: builder.read(i), right: limit } as const;
    builder.branch(condition, { then: body, else: exit });
    builder.seal(body);
    builder.current = body;
    const shape = { kind: "binary", op: "add", width: 64 } as const;
    const [left, right] = [builder.read(sum), builder.read(i)];
    builder.write(sum, builder.define({ ...shape, left, right }));
    builder.write(i, builder.define({ ...shape, left: builder.read(i), right: 1n }));
    builder.jump(head);
    builder.seal(head);
  });
  builder.seal(exit);
  builder.current = exit;
  builder.return(builder.read(sum));
  return builder.function;
}

/** Looks up an element of a map by a key on the stack and counts in it; 1 when there is none. */
export function countFunction(): IrFunction {
  const builder = new FunctionBuilder("count", ["context"]);
  const context = builder.current.parameters[0]!;
  const slot = builder.slot("key", 4, 4);
  const load = { kind: "load", base: context, bytes: 4, signed: false, memory: "context" } as const;
  const stored = builder.define({ ...load, offset: 8 });
  builder.effect({ kind: "store-slot", slot, offset: 0, bytes: 4, stored });
  const map = builder.define({ kind: "map-address", map: "counts" });
  const key = builder.define({ kind: "slot-address", slot, offset: 0 });
  const callee = { kind: "helper", id: 1, name: "map_lookup_elem" } as const;
  const call = { kind: "call", callee, arguments: [map, key], touches: [slot] } as const;
  const found = builder.define(
    { ...call, arguments: [map, key] },
    { name: "found", pointer: true },
  );
  const [missing, there] = [builder.block(), builder.block()];
  const isMissing = { op: "eq", width: 64, left: found, right: 0n } as const;
  builder.branch(isMissing, { then: missing, else: there });
  builder.seal(missing);
  builder.seal(there);
  builder.current = there;
  const operand = builder.define({ ...load, offset: 8 });
  builder.effect({ kind: "atomic", op: "add", bytes: 8, base: found, offset: 0, operand });
  builder.return(0n);
  builder.current = missing;
  builder.return(1n);
  return builder.function;
}
