/**
 * The grammar of one instruction in the kernel's notation.
 *
 * The first word tells the statement. Operators are looked up in the tables that printing uses. Whatever follows the
 * instruction is left to the caller.
 * @module
 */
import { didYouMean } from "../base/text.ts";
import type { Instruction } from "./instruction.ts";
import * as bits from "./opcode.ts";
import {
  bySymbol,
  maxInt,
  maxUnsigned,
  minInt,
  parseOperand,
  parsePlace,
  parseTarget,
  parseUnsignedCast,
} from "./parse-operand.ts";
import { parseMove } from "./parse-value.ts";
import type { Scanner, SizedRegister } from "./scanner.ts";

/** How to read what the notation alone does not tell. */
export interface ParseOptions {
  /** Number of a helper by its name with the prefix, so that `call bpf_map_lookup_elem` calls it without `#1`. */
  readonly findHelperId?: ((name: string) => number | undefined) | undefined;
}

/**
 * The instruction that starts here.
 * @throws {MalformedError} when none does.
 */
export function parseInstruction(scanner: Scanner, options: ParseOptions): Instruction {
  const dst = scanner.acceptRegister();
  if (dst !== undefined) return parseAssignment(scanner, dst);
  if (scanner.accept("*")) return parseStore(scanner);
  const at = scanner.column - 1;
  const word = scanner.name() ?? "";
  const statement = statements.get(word);
  if (statement !== undefined) return statement(scanner, options);
  const hint = didYouMean(word, statements.keys());
  throw scanner.fail("expected an instruction", hint === undefined ? {} : { hint }, at);
}

type Statement = (scanner: Scanner, options: ParseOptions) => Instruction;

const statements: ReadonlyMap<string, Statement> = new Map<string, Statement>([
  ["if", parseJumpIf],
  ["goto", (scanner) => ({ kind: "jump", target: parseTarget(scanner) })],
  ["gotol", (scanner) => ({ kind: "long-jump", target: parseTarget(scanner) })],
  ["may_goto", (scanner) => ({ kind: "may-goto", target: parseTarget(scanner) })],
  ["call", parseCall],
  ["lock", parseLocked],
  ["store_release", parseStoreRelease],
  ["exit", () => ({ kind: "exit" })],
  ["nospec", () => ({ kind: "nospec" })],
]);

const aluBySymbol = bySymbol(bits.aluOperations);
const comparisonBySymbol = bySymbol(bits.comparisons);
const atomicBySymbol = bySymbol(bits.atomicOperations);

/** `r1 += r2`, `w1 = 5`, `r1 = …` */
function parseAssignment(scanner: Scanner, { register: dst, width }: SizedRegister): Instruction {
  const symbol = scanner.take(/s?(?:<<|>>|[-+*/%&|^])?=/y)?.[0] ?? "";
  const op = aluBySymbol.get(symbol);
  if (op === undefined) throw scanner.expected("an operator such as = or +=");
  if (op === "mov") return parseMove(scanner, dst, width);
  return { kind: "alu", op, width, dst, src: parseOperand(scanner, width) };
}

/** `(u64 *)(r10 -8) = r1`, after the star. */
function parseStore(scanner: Scanner): Instruction {
  const size = parseUnsignedCast(scanner);
  const place = parsePlace(scanner);
  scanner.expect("=");
  return { kind: "store", size, ...place, src: parseOperand(scanner, 64) };
}

/** `*(u64 *)(r1 +0) += r2`, after `lock`. */
function parseLocked(scanner: Scanner): Instruction {
  scanner.expect("*");
  const at = scanner.column - 1;
  const size = parseUnsignedCast(scanner);
  if (size !== "u32" && size !== "u64") {
    throw scanner.fail("atomic operations work on u32 and u64 only", {}, at);
  }
  const place = parsePlace(scanner);
  const op = atomicBySymbol.get(scanner.take(/[-+*/|&^]=/y)?.[0] ?? "");
  if (op === undefined) throw scanner.expected("+=, |=, &= or ^=");
  return { kind: "atomic", op, size, ...place, src: scanner.register() };
}

function parseStoreRelease(scanner: Scanner): Instruction {
  scanner.expect("(");
  const size = parseUnsignedCast(scanner);
  const place = parsePlace(scanner);
  scanner.expect(",");
  const src = scanner.register();
  scanner.expect(")");
  return { kind: "store-release", size, ...place, src };
}

/** `r1 s> 0x5 goto pc+3`, after `if`. */
function parseJumpIf(scanner: Scanner): Instruction {
  const left = scanner.acceptRegister();
  if (left === undefined) throw scanner.expected("a register");
  const op = comparisonBySymbol.get(scanner.take(/s?[<>]=?|[=!]=|&/y)?.[0] ?? "");
  if (op === undefined) throw scanner.expected("a comparison such as == or s>");
  const { register: dst, width } = left;
  const src = scanner.take(/(?=[rw]\d)/y)
    ? scanner.register(width)
    : scanner.integer(minInt, maxUnsigned) | 0;
  scanner.expect("goto");
  return { kind: "jump-if", op, width, dst, src, target: parseTarget(scanner) };
}

/** `bpf_map_lookup_elem#1`, `kernel-function#7@2`, `pc+3` or a label, after `call`. */
function parseCall(scanner: Scanner, { findHelperId }: ParseOptions): Instruction {
  if (scanner.accept("kernel-function#")) return parseKfunc(scanner);
  const helper = scanner.take(/[\w.]+#/y);
  if (helper !== undefined) return { kind: "call-helper", id: scanner.integer(minInt, maxInt) };
  const target = parseTarget(scanner);
  if (typeof target === "string") {
    const id = findHelperId?.(target);
    return id === undefined ? { kind: "call-local", target } : { kind: "call-helper", id };
  }
  scanner.take(/#\w+/y); // the kernel's name of the function, which bpftool adds
  return { kind: "call-local", target };
}

function parseKfunc(scanner: Scanner): Instruction {
  const called = scanner.name() ?? scanner.integer(minInt, maxInt);
  const module = scanner.accept("@") ? scanner.integer(-0x8000, 0x7fff) : 0;
  return { kind: "call-kfunc", function: called, ...(module === 0 ? {} : { module }) };
}
