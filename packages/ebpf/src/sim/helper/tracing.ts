/**
 * Helpers about where a program is attached, the arguments it got there, and what becomes of the call.
 * @module
 */
import { cString } from "../../base/bytes.ts";
import { failed } from "../errno.ts";
import type { Core } from "../core.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, s32Of, u32Of, u64Of, writable } from "./context.ts";
import { formatMessage, textAt } from "./format.ts";

/** Puts word `index` of the context at the address that argument `to` is. */
function copyWord(machine: Machine, { current, memory }: Core, index: number, to: number): number {
  const word = memory.load(current.context + BigInt(8 * index), 8);
  memory.store(u64Of(machine, to), 8, word);
  return 0;
}

/** kernel/trace/bpf_trace.c. */
export const tracingHelpers: HelperGroup = {
  get_attach_cookie: (_, { current }) => current.cookie,
  get_func_ip: (_, { current }) => current.functionAddress ?? 0n,
  get_func_arg_cnt: (_, { current }) => current.argumentCount ?? 0,
  get_func_arg: (machine, kernel) => {
    const { argumentCount = 0 } = kernel.current;
    const index = u32Of(machine, 2);
    return index < argumentCount ? copyWord(machine, kernel, index, 3) : failed.invalid;
  },
  get_func_ret: (machine, kernel) => {
    const { argumentCount = 0 } = kernel.current;
    return copyWord(machine, kernel, argumentCount, 2);
  },
  get_retval: (_, { current }) => current.returnValue,
  set_retval: (machine, { current }) => {
    current.returnValue = s32Of(machine, 1);
    return 0;
  },
  override_return: (machine, { current }) => {
    current.overridden = u64Of(machine, 2);
    return 0;
  },
  d_path: (machine, kernel) => {
    const text = new TextEncoder().encode(`${pathAt(kernel, u64Of(machine, 1))}\0`);
    const size = u32Of(machine, 3);
    if (text.length > size) return failed.nameTooLong;
    writable(machine, 2, size).set(text);
    return text.length;
  },
  kallsyms_lookup_name: (machine, kernel) => {
    const name = cString(readable(machine, 1, u32Of(machine, 2)));
    kernel.memory.store(u64Of(machine, 4), 8, kernel.symbols.addressOf(name));
    return 0;
  },
  send_signal: sendSignal,
  send_signal_thread: sendSignal,
  seq_write: (machine, { current }) =>
    current.output?.write(readable(machine, 2, u32Of(machine, 3))) ?? failed.invalid,
  seq_printf: (machine, kernel) => {
    const { output } = kernel.current;
    const format = readable(machine, 2, u32Of(machine, 3));
    const words = wordsOf(machine, kernel, 4);
    const text = words && formatMessage(kernel.memory, format, words);
    if (output === undefined || text === undefined) return failed.invalid;
    return output.write(new TextEncoder().encode(text));
  },
};

/** Deepest folder that is looked at. */
const mostFolders = 64;

/** Path of a `struct path`: the names of its entry and those above, as far as a test gave them. */
function pathAt({ memory, types: { btf } }: Core, path: bigint): string {
  const offsetOf = (struct: string, member: string): bigint =>
    BigInt(btf.member(struct, member).offset);
  const names: string[] = [];
  let entry = memory.load(path + offsetOf("path", "dentry"), 8);
  for (let depth = 0; entry !== 0n && depth < mostFolders; depth++) {
    names.push(textAt(memory, memory.load(entry + offsetOf("dentry", "d_name.name"), 8)));
    const above = memory.load(entry + offsetOf("dentry", "d_parent"), 8);
    entry = above === entry ? 0n : above;
  }
  const whole = names.toReversed().filter((name) => name !== "" && name !== "/");
  return `/${whole.join("/")}`;
}

function sendSignal(machine: Machine, { signals }: Core): number {
  signals.push(u32Of(machine, 1));
  return 0;
}

/** The 64-bit words at the address of argument `index`, whose bytes the next one tells; none when that is no multiple of 8. */
export function wordsOf(
  machine: Machine,
  { memory }: Core,
  index: number,
): readonly bigint[] | undefined {
  const [address, length] = [u64Of(machine, index), u32Of(machine, index + 1)];
  if (length % 8 !== 0 || length > 96) return undefined;
  return Array.from({ length: length / 8 }, (_, word) =>
    memory.load(address + BigInt(8 * word), 8),
  );
}
