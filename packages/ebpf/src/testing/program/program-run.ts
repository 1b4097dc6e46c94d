/**
 * What one run of a program under test came to, and what a test expects of it.
 * @module
 */
import { type Layer } from "../packet/layer.ts";
import { packetDifferences } from "../packet/differences.ts";
import type { Packet } from "../packet/packet.ts";
import { parsePacket } from "../packet/parse.ts";
import type { AttachTarget } from "../../spec/program-spec.ts";
import { ExpectationError } from "./expectation-error.ts";
import { type Judging, verdictName, verdictNumber, type VerdictOf } from "./verdicts.ts";

/** What a run left. */
export interface RunOutcome {
  /** With its sign. */
  readonly returned: number;
  readonly packet: Uint8Array;
  readonly context: Uint8Array;
  readonly durationNs: number;
}

/** One run of a program. The methods return the run, so that expectations can follow each other. */
export class ProgramRun<Target extends AttachTarget = AttachTarget> {
  /** What the program returned, as a number with sign. */
  readonly returned: number;
  /** The packet after the run; empty when there was none. */
  readonly packet: Uint8Array;
  /** The context after the run, where programs of this type can change it. */
  readonly context: Uint8Array;
  /** Nanoseconds the run took in the kernel; 0 in the simulated one, which has no clock of its own. */
  readonly durationNs: number;
  readonly #program: Judging & { readonly name: string };

  constructor(program: Judging & { readonly name: string }, outcome: RunOutcome) {
    this.#program = program;
    this.returned = outcome.returned;
    this.packet = outcome.packet;
    this.context = outcome.context;
    this.durationNs = outcome.durationNs;
  }

  /** The name of what the program returned, where it has one: `"drop"`. */
  get verdict(): VerdictOf<Target> | undefined {
    return verdictName(this.#program, this.returned) as VerdictOf<Target> | undefined;
  }

  /** The layers of the packet after the run. */
  get layers(): readonly Layer[] {
    return parsePacket(this.packet);
  }

  /**
   * Expects a verdict by name.
   * @throws {ExpectationError} when it is another one; {@link InvalidArgumentError} when such programs have none so named.
   */
  expectVerdict(expected: VerdictOf<Target>): this {
    const wanted = verdictNumber(this.#program, expected);
    if (this.returned === wanted) return this;
    const is = this.verdict === undefined ? "no verdict" : `"${this.verdict}"`;
    throw new ExpectationError(
      `program "${this.#program.name}" returned ${this.returned} (${is}), expected "${expected}" (${wanted})`,
      { actual: this.verdict ?? this.returned, expected },
    );
  }

  /** Expects a number. @throws {ExpectationError} when it is another one. */
  expectReturn(expected: number): this {
    if (this.returned === expected) return this;
    throw new ExpectationError(
      `program "${this.#program.name}" returned ${this.returned}, expected ${expected}`,
      { actual: this.returned, expected },
    );
  }

  /** Expects the packet to be this one after the run. @throws {ExpectationError} with the fields that differ. */
  expectPacket(expected: Packet | Uint8Array): this {
    const bytes = bytesOf(expected);
    const lines = packetDifferences(this.packet, bytes);
    if (lines.length === 0) return this;
    throw new ExpectationError(
      `the packet after program "${this.#program.name}" is not as expected:\n${indented(lines)}`,
      { actual: parsePacket(this.packet), expected: parsePacket(bytes) },
    );
  }
}

/** The bytes of a packet, however it is given. */
export function bytesOf(packet: Packet | Uint8Array): Uint8Array {
  return packet instanceof Uint8Array ? packet : packet.bytes;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}
