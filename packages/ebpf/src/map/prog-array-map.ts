/**
 * Live arrays of programs.
 * @module
 */
import type { HasHandle, ProgramId } from "../kernel/handle.ts";
import { handleOf } from "../kernel/handle-of.ts";
import { ReadableObjectMap } from "./object-map.ts";

/**
 * A live array of programs for tail calls. The programs stay loaded while they are in it; when the last descriptor of
 * the array is closed, and it is not pinned, the kernel empties it.
 */
export class ProgArrayMap extends ReadableObjectMap<"prog_array", number, number, ProgramId> {
  /**
   * Puts `program` at `index`.
   * @throws {InvalidArgumentError} or {@link SyscallError} when it is of another type than the programs that use the array.
   */
  set(index: number, program: HasHandle): void {
    this.store(index, [handleOf(program, "the program")]);
  }
}
