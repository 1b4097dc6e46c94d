/**
 * What `sim exec` does: one run of a program of bytes, on bytes.
 * @module
 */
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "ts-ebpf";
import { format } from "ts-ebpf/isa";
import { createMachine, type Engine, type Helper, type Step } from "ts-ebpf/sim";
import type { Context } from "../context.ts";
import type { ExecOptions } from "./command.ts";

/**
 * Runs the program of standard input (or of `options`) with `memory`, and prints r0.
 * @throws {InvalidArgumentError} for text that is no bytes, and for `--compile` where code generation is forbidden.
 * @throws {MalformedError} for bytes that are no instructions.
 * @throws {MachineFault} when the program does what it cannot.
 */
export async function execute(
  memory: string | undefined,
  options: ExecOptions,
  { stdout, stderr }: Context,
): Promise<void> {
  const traced = options.trace === true;
  const engine: Engine = options.interpret === true || traced ? "interpret" : "compile";
  const show = (step: Step): void => void stderr.write(`${traceLine(step)}\n`);
  const environment = { helpers };
  const machine = createMachine(
    traced ? { engine, environment, trace: show } : { engine, environment },
  );
  const code = parseHex("program", options.program ?? (await text(process.stdin)));
  if (code.length === 0)
    throw new InvalidArgumentError("the program is empty", {
      hint: 'write it to standard input: echo "95 00 00 00 00 00 00 00" | ts-ebpf sim exec',
    });
  const program = machine.program(code);
  if (options.compile === true && program.engine !== "compile")
    throw new InvalidArgumentError("this process may not make functions from text", {
      hint: "leave out --compile, or start Node without --disallow-code-generation-from-strings",
    });
  const bytes = parseHex("memory", memory ?? "");
  const address = bytes.length === 0 ? 0n : machine.memory.allocate("memory", bytes);
  const result = machine.run(program, address, BigInt(bytes.length));
  stdout.write(`${result.toString(16)}\n`);
}

/** What a program can be told without a kernel, by `enum bpf_func_id`: suites call a helper to see that calls work. */
const helpers: ReadonlyMap<number, Helper> = new Map<number, Helper>([
  // ktime_get_ns, get_prandom_u32, get_smp_processor_id
  [5, () => process.hrtime.bigint()],
  [7, () => Math.floor(Math.random() * 2 ** 32)],
  [8, () => 0],
]);

/** `3: r0 += r1    r0=1 r1=40000000`: the registers that are not 0. */
function traceLine({ slot, instruction, registers, depth }: Step): string {
  const known = [...registers].flatMap((value, number) =>
    value === 0n || number > 10 ? [] : [`r${number}=${value.toString(16)}`],
  );
  const text = `${"  ".repeat(depth)}${slot}: ${format(instruction)}`;
  return known.length === 0 ? text : `${text.padEnd(36)} ${known.join(" ")}`;
}

/** Bytes of hexadecimal text; space between them is nothing. */
function parseHex(what: string, text: string): Uint8Array {
  const digits = text.replaceAll(/\s+/g, "");
  const wrong = /[^0-9a-f]/i.exec(digits)?.[0];
  if (wrong !== undefined)
    throw new InvalidArgumentError(`the ${what} has "${wrong}", which is no hexadecimal digit`, {
      hint: "write two digits for each byte, without 0x",
    });
  if (digits.length % 2 !== 0)
    throw new InvalidArgumentError(`the ${what} has ${digits.length} hexadecimal digits`, {
      hint: "write two digits for each byte",
    });
  return Uint8Array.from(Buffer.from(digits, "hex"));
}
