/**
 * A ring buffer of numbers, and a program that puts them into it, for kernel tests.
 * @module
 */
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { exit } from "../asm/call.ts";
import { ldx, stx } from "../asm/memory.ts";
import { reserveOrCount, submitRecord } from "../asm/pattern/ring-buffer.ts";
import { at } from "../asm/place.ts";
import { loadCollection, type Loaded } from "../collection/load.ts";
import { r0, r1, r6, r7, r10 } from "../isa/register.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { u64 } from "../layout/integer.ts";
import { struct } from "../layout/struct.ts";
import { lossCounter } from "../spec/array-map.ts";
import { program } from "../spec/program.ts";
import { ringbuf } from "../spec/ringbuf.ts";

const Numbered = struct("numbered", { number: u64 });

/** The program puts the number in its context into the ring, or counts it as lost. */
function numbersSpec(sizeBytes: number) {
  const lost = lossCounter("lost");
  const events = ringbuf("events", Numbered, { sizeBytes, lossCounter: lost });
  const emit = program(
    "raw_tracepoint",
    assemble([
      ldx("u64", r6, r1, 0),
      reserveOrCount({ ring: events, size: Numbered.size, lost: { map: lost, key: at(r10, -4) } }),
      stx("u64", r0, 0, r6),
      mov(r7, r0),
      submitRecord(r7),
      mov(r0, 0),
      exit(),
    ]),
  );
  return { events, emit };
}

/** The ring and the program, loaded. */
export type Numbers = Loaded<ReturnType<typeof numbersSpec>>;

/** Loads them; a number takes 16 bytes of the ring. */
export function loadNumbers(kernel: Kernel, sizeBytes: number = 1 << 16): Numbers {
  return loadCollection(kernel, numbersSpec(sizeBytes));
}

/** Lets the program emit the numbers from `from` up to but not `to`. */
export function emitNumbers({ emit }: Numbers, from: number, to: number): void {
  const context = new Uint8Array(8);
  const view = new DataView(context.buffer);
  for (let number = from; number < to; number++) {
    view.setBigUint64(0, BigInt(number), true);
    emit.run({ context });
  }
}
