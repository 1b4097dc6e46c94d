/**
 * sim-exec ENGINE ROUNDS: answers with the nanoseconds of CPU time per instruction (`ns`) that a loop takes on the
 * virtual machine.
 * @module
 */
import { add, assemble, exit, jeq, jne, label, ldx, mov, rsh, stx, sub, xor } from "ts-ebpf/asm";
import { r0, r1, r2, r3, r4, r6, r10 } from "ts-ebpf/asm";
import { createMachine } from "ts-ebpf/sim";
import { expect, numberArgument, serveRounds, timed, wordArgument } from "./rounds.ts";

const engine = wordArgument(1, ["compile", "interpret"]);
const rounds = numberArgument(2);

/** Instructions of one turn of the loop. */
const turn = [
  add(r0, r6),
  xor(r0, r2),
  mov(r3, r0),
  rsh(r3, 5),
  stx("u64", r10, -8, r3),
  ldx("u32", r4, r10, -8),
  add(r2, r4),
  jeq(r10, 0, "end"),
  sub(r1, 1),
  jne(r1, 0, "turn"),
];

const machine = createMachine({ engine });
const program = machine.program(
  assemble(mov(r0, 1), mov(r2, 3), mov(r6, 5), label("turn"), turn, label("end"), exit()),
);
expect(`the engine ${engine}`, program.engine === engine);
const inBigints = BigInt(rounds);

await serveRounds(() =>
  timed(rounds * turn.length, () => {
    expect("a result", machine.run(program, inBigints) !== 0n);
  }),
);
