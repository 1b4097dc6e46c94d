/**
 * Loops whose bound the verifier sees.
 * @module
 */

/** Most turns of {@link loop}: BPF_MAX_LOOPS of include/linux/bpf_verifier.h. */
const mostTurns = 8 * 1024 * 1024;
/** Negated E2BIG. */
const tooManyTurns = -7;

/**
 * The whole numbers from 0 up to `end`, or from `start` up to `end`, without it. In a program an iterator of the kernel
 * (6.4), before that a bounded loop: the bounds need not be known when compiling.
 */
export function range(end: number): Iterable<number>;
export function range(start: number, end: number): Iterable<number>;
export function range(first: number, second?: number): Iterable<number> {
  return second === undefined ? count(0, first) : count(first, second);
}

/** As {@link range} from 0, for a constant `count`: the body is compiled as often, without a loop. */
export function unrolled(count: number): Iterable<number> {
  return range(count);
}

/**
 * Calls `body` with 0, 1, 2… as often as `turns` says, until it returns something other than 0: how often it was
 * called, or -E2BIG for more than 8388608 turns. Minimum kernel 5.17.
 */
export function loop(turns: number, body: (index: number) => number | boolean | void): number {
  if (turns > mostTurns) return tooManyTurns;
  for (let index = 0; index < turns; index++) if (body(index)) return index + 1;
  return Math.max(0, turns);
}

function* count(start: number, end: number): Generator<number, void, undefined> {
  for (let value = Math.trunc(start); value < end; value++) yield value;
}
