/**
 * Specifications of arrays of programs, for tail calls.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { kindOf } from "../base/given.ts";
import { u32 } from "../layout/integer.ts";
import type { AnyProgramSpec } from "./collection-spec.ts";
import { withKernelMethods } from "./kernel-methods.ts";
import type { ProgArrayMethods } from "./kernel-side.ts";
import { keyedMapData, type KeyedMapSpec, type MapOptions, mapOptions } from "./map-spec.ts";

/** Options of {@link progArray}. */
export interface ProgArrayOptions extends MapOptions {
  /**
   * The programs it holds from the start, by index. They are loaded along with what uses the array. A function, because
   * programs and the array they go on through usually refer to each other.
   */
  readonly programs?: () => readonly (AnyProgramSpec | undefined)[];
}

/** An array of programs. */
export interface ProgArraySpec extends KeyedMapSpec<"prog_array", number, number> {
  readonly programs: (() => readonly (AnyProgramSpec | undefined)[]) | undefined;
}

/**
 * Programs by index, all of the type of the program that goes on with them. It is filled by its spec or by user space
 * (`set`); programs go on with `tailCall`, at most 33 times in a row. Minimum kernel 4.2.
 */
export function progArray(
  name: string,
  size: number | ProgArrayOptions,
): ProgArraySpec & ProgArrayMethods {
  const own = { programs: (programs: unknown) => assertLater(name, programs) };
  const { programs, ...options }: ProgArrayOptions = mapOptions(name, size, own);
  const data = keyedMapData("prog_array", name, { key: u32, value: u32 }, options);
  const spec: ProgArraySpec = { ...data, programs };
  return withKernelMethods(spec) as ProgArraySpec & ProgArrayMethods;
}

function assertLater(name: string, programs: unknown): void {
  if (typeof programs === "function") return;
  throw new InvalidArgumentError(`programs of array "${name}" is ${kindOf(programs)}`, {
    hint: "give a function that returns them, as they may use the array: () => [onTcp, onUdp]",
  });
}
