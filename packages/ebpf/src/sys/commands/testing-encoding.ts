/**
 * Checks what a command hands to the kernel, byte for byte, for tests.
 * @module
 */
import assert from "node:assert/strict";
import { littleEndian } from "../../base/bytes.ts";
import type { Command, CommandAttributes } from "../../kernel/commands.ts";
import type { HandleKind } from "../../kernel/handle.ts";
import { Caller } from "../call/caller.ts";
import { Fd } from "../fd.ts";
import { type FakeBridge, fakeBridge, wordsIn } from "../testing-bridge.ts";
import { handlers } from "./commands.ts";
import type { Handlers } from "./handlers.ts";

/** What the kernel must be handed. */
export interface ExpectedCall {
  readonly command: number;
  /** The words of the attributes that are not zero, by offset. */
  readonly words: Readonly<Record<number, number>>;
  /** The bytes pointers lead to, by the offset of the pointer. */
  readonly pointers?: Readonly<Record<number, string>>;
  /** Size of the attributes in bytes. */
  readonly size: number;
}

/** A handle of which the number is known. */
export function handleOf(kind: HandleKind, number: number): Fd {
  return new Fd(fakeBridge(), number, { kind, label: `${kind} ${number}` });
}

/** Words by offset, from lines of `OFFSET:VALUE`. */
export function words(...lines: readonly string[]): Record<number, number> {
  const pairs = lines.flatMap((line) => line.split(" "));
  return Object.fromEntries(pairs.map((pair) => pair.split(":").map(Number)));
}

/** Runs a command of a kernel that answers everything with 0. */
export function callWith<C extends Command>(
  command: C,
  attributes: CommandAttributes<C>,
): FakeBridge {
  const bridge = fakeBridge((attr) => {
    // The room that was offered is not the number of programs found.
    if (command === "progQuery") attr.setUint32(24, 0, littleEndian);
    return 0;
  });
  const handler: Handlers[C] = handlers[command];
  handler(new Caller(bridge, [6, 18, 0]), attributes);
  return bridge;
}

/** Checks what a command hands to the kernel. */
export function checkEncoding<C extends Command>(
  command: C,
  attributes: CommandAttributes<C>,
  expected: ExpectedCall,
): void {
  const [made] = callWith(command, attributes).calls;
  assert.equal(made?.command, expected.command);
  assert.deepEqual(wordsIn(made.attr), expected.words);
  assert.deepEqual(made.pointers, expected.pointers ?? {});
  assert.equal(made.attr.length, expected.size);
}
