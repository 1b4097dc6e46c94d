/**
 * Helpers that call functions of the program, now or later.
 * @module
 */
import { lock } from "../../lang/builtins/guards.ts";
import { formatPrintk } from "../format-printk.ts";
import { failed } from "../../sim/errno.ts";
import type { HelperTable } from "./helper-table.ts";

const mostTurns = 8 * 1024 * 1024;
const guards = new WeakMap<object, Disposable>();

/** Helpers by name. */
export const controlHelpers: HelperTable = {
  tracePrintk: ({ print }, format: string, ...values: readonly (number | bigint)[]) => {
    const line = formatPrintk(format, values);
    print(line);
    return line.length;
  },
  loop: (
    _,
    turns: number,
    body: (index: number, context: unknown) => unknown,
    context: unknown,
  ) => {
    if (turns > mostTurns) return failed.tooBig;
    for (let index = 0; index < turns; index++) if (body(index, context)) return index + 1;
    return turns;
  },
  spinLock: (_, spinLock: object) => {
    guards.set(spinLock, lock(spinLock));
  },
  spinUnlock: (_, spinLock: object) => guards.get(spinLock)?.[Symbol.dispose](),
};
