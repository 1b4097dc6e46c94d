/**
 * A scanner for one line of assembly: takes the line apart from left to right.
 *
 * It knows what the words of the notation are made of (registers, numbers, names) and in which column it stands,
 * so that every complaint can point there. Which words make an instruction is known in `parse-instruction.ts`.
 * @module
 */
import { MalformedError, type BpfErrorOptions } from "../base/errors.ts";
import type { Width } from "./instruction.ts";
import { isRegister, type Register } from "./register.ts";

/** A register as written: `r1` is all of it, `w1` its lower half. */
export interface SizedRegister {
  readonly register: Register;
  readonly width: Width;
}

/** Reads one line of text. Blanks between words do not matter. */
export class Scanner {
  readonly #text: string;
  readonly #line: number;
  #at = 0;

  /** `text` is line number `line`, counted from 1. */
  constructor(text: string, line: number) {
    this.#text = text;
    this.#line = line;
  }

  /** Column of the next word, from 1. */
  get column(): number {
    this.#skipBlanks();
    return this.#at + 1;
  }

  /** Whether nothing but blanks is left. */
  get done(): boolean {
    return this.column > this.#text.length;
  }

  /** Takes what the sticky pattern matches here, if it does. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    this.#skipBlanks();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }

  /** Takes `token` if it is next. */
  accept(token: string): boolean {
    this.#skipBlanks();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  /**
   * Takes these tokens.
   * @throws {MalformedError} when something else is next.
   */
  expect(...tokens: readonly string[]): void {
    for (const token of tokens) if (!this.accept(token)) throw this.expected(`"${token}"`);
  }

  /** Takes a name: of a label, a map, a function, or a word of the notation. */
  name(): string | undefined {
    return this.take(/[A-Za-z_.$][\w.$]*/y)?.[0];
  }

  /** Takes a register of either width. */
  acceptRegister(): SizedRegister | undefined {
    const match = this.take(/([rw])(\d+)\b/y);
    if (match === undefined) return undefined;
    const register = `r${match[2]}`;
    if (isRegister(register)) return { register, width: match[1] === "w" ? 32 : 64 };
    throw this.fail(`no register "${match[0]}"`, { hint: "registers are r0 to r10" }, match.index);
  }

  /**
   * Takes a register of this width.
   * @throws {MalformedError} when none is next.
   */
  register(width: Width = 64): Register {
    const at = this.column - 1;
    const found = this.acceptRegister();
    if (found?.width === width) return found.register;
    const wanted = width === 64 ? "a register r0 to r10" : "a half register w0 to w10";
    throw this.fail(`expected ${wanted}, not ${this.#nextAt(at)}`, {}, at);
  }

  /**
   * Takes a whole number in decimal or hexadecimal digits.
   * @throws {MalformedError} when none is next, or when it is not from `min` to `max`.
   */
  integer(min: number, max: number): number {
    const at = this.column - 1;
    const digits = this.take(/[-+]?\s*(?:0x[\da-f]+|\d+)\b/iy)?.[0].replaceAll(/\s/g, "");
    if (digits === undefined) throw this.expected("a number");
    const value = digits.startsWith("-") ? -Number(digits.slice(1)) : Number(digits);
    if (value >= min && value <= max) return value === 0 ? 0 : value;
    throw this.fail(`${digits} is not from ${min} to ${max}`, {}, at);
  }

  /**
   * Ends the line.
   * @throws {MalformedError} when something is left.
   */
  end(): void {
    if (!this.done) throw this.expected("the end of the line");
  }

  /** An error that says what should be here instead of what is. */
  expected(what: string): MalformedError {
    return this.fail(`expected ${what}, not ${this.#nextAt(this.column - 1)}`);
  }

  /** An error about this place of the text, or about the one at `at`. */
  fail(
    message: string,
    options: BpfErrorOptions = {},
    at: number = this.column - 1,
  ): MalformedError {
    const path = [`line ${this.#line}`, `column ${at + 1}`];
    return new MalformedError("ASSEMBLY", message, { ...options, path });
  }

  #nextAt(at: number): string {
    const rest = this.#text.slice(at).trim();
    return rest === "" ? "the end of the line" : `"${/^\w+|^\S+/.exec(rest)?.[0] ?? rest}"`;
  }

  #skipBlanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
  }
}

/** Space, tab, and the carriage return of other people's line ends. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}
