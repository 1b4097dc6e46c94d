/**
 * Programs for tests of links: they count how often they ran.
 * @module
 */
import { mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { atomicAdd } from "../asm/atomic.ts";
import { call, exit } from "../asm/call.ts";
import { increment } from "../asm/pattern/atomic-update.ts";
import { at } from "../asm/place.ts";
import { loadMapValue } from "../asm/wide.ts";
import type { Instruction } from "../isa/instruction.ts";
import { r0, r1, r2 } from "../isa/register.ts";
import { u64 } from "../layout/integer.ts";
import { global } from "../spec/global-spec.ts";
import type { GlobalSpec } from "../spec/map-spec.ts";

/** How often the program ran. */
export const hits: GlobalSpec<bigint> = global("hits", u64, 0n);

/** A program that adds 1 to {@link hits} and returns `result`. */
export function counting(result = 0): readonly Instruction[] {
  return assemble([loadMapValue(r1, hits), increment(at(r1, 0), r2), mov(r0, result), exit()]);
}

/** The cookies of attachments that ran, added up. */
export const cookies: GlobalSpec<bigint> = global("cookies", u64, 0n);

/** A program that adds its cookie to {@link cookies}. */
export function addingCookies(): readonly Instruction[] {
  return assemble([
    // The context is in r1 from the start.
    call("getAttachCookie"),
    loadMapValue(r2, cookies),
    atomicAdd("u64", r2, 0, r0),
    mov(r0, 0),
    exit(),
  ]);
}
