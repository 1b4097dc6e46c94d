/**
 * Helpers that call functions of the program, now or later.
 * @module
 */
import type { HelperFlags } from "../../../spec/kernel-side.ts";
import { lock } from "../../builtins/guards.ts";
import { formatPrintk } from "../format-printk.ts";
import { failure } from "../status.ts";
import type { HelperTable, TimerCallback } from "./helper-table.ts";

const mostTurns = 8 * 1024 * 1024;
const absoluteFlag = 1;
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
    if (turns > mostTurns) return failure.tooBig;
    for (let index = 0; index < turns; index++) if (body(index, context)) return index + 1;
    return turns;
  },
  spinLock: (_, spinLock: object) => {
    guards.set(spinLock, lock(spinLock));
  },
  spinUnlock: (_, spinLock: object) => guards.get(spinLock)?.[Symbol.dispose](),
  timerInit: ({ timers }, timer: object, map: object) => timers.init(timer, map),
  timerSetCallback: ({ timers }, timer: object, callback: TimerCallback) =>
    timers.setCallback(timer, callback),
  timerStart: ({ timers }, timer: object, delay: number | bigint, flags: HelperFlags = 0) =>
    timers.start(timer, BigInt(delay), (Number(flags) & absoluteFlag) !== 0),
  timerCancel: ({ timers }, timer: object) => timers.cancel(timer),
};
