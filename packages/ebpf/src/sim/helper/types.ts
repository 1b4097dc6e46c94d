/**
 * Helpers on types of the kernel (kernel/bpf/btf.c).
 * @module
 */
import { cString, viewOf } from "../../base/bytes.ts";
import { type BtfTypeId, btfKinds } from "../../btf/type.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { MachineFault } from "../vm/fault.ts";
import type { Machine } from "../vm/machine.ts";
import { type HelperGroup, readable, u32Of, u64Of, writable } from "./context.ts";
import { showType } from "./show-type.ts";

/** Bytes of `struct btf_ptr`: an address, the number of its type, flags. */
const pointerBytes = 16;
/** All of BTF_F_… */
const allFlags = 15n;

/** The value that a `struct btf_ptr` in argument `index` is of, as text; the next arguments are its size and flags. */
function shown(machine: Machine, { types: { btf } }: Core, index: number): string | number {
  const [size, flags] = [u32Of(machine, index + 1), u64Of(machine, index + 2)];
  if ((flags & ~allFlags) !== 0n || size !== pointerBytes) return failed.invalid;
  const view = viewOf(readable(machine, index, pointerBytes));
  const id = view.getUint32(8, true);
  if (id === 0) return failed.invalid;
  if (id > btf.typeCount) return failed.noEntry;
  try {
    const bytes = machine.memory.bytes(view.getBigUint64(0, true), btf.size(id));
    return showType(btf, id as BtfTypeId, bytes, flags);
  } catch (error) {
    if (error instanceof MachineFault) return failed.fault;
    throw error;
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Types. */
export const typeHelpers: HelperGroup = {
  snprintf_btf: (machine, core) => {
    const size = u32Of(machine, 2);
    const text = shown(machine, core, 3);
    if (typeof text === "number") return text;
    const bytes = latin1(text);
    const target = writable(machine, 1, size);
    const part = bytes.subarray(0, size - 1);
    target.set(part);
    target[part.length] = 0;
    return bytes.length;
  },
  seq_printf_btf: (machine, core) => {
    const { output } = core.current;
    const text = shown(machine, core, 2);
    if (typeof text === "number") return text;
    return output?.write(latin1(text)) ?? failed.invalid;
  },
  btf_find_by_name_kind: (machine, { types }) => {
    const size = u32Of(machine, 2);
    const name = readable(machine, 1, size);
    if (u64Of(machine, 4) !== 0n || size <= 1 || name[size - 1] !== 0) return failed.invalid;
    const kind = btfKinds[u32Of(machine, 3)];
    const found = types.btf.findAll(cString(name)).find((type) => type.kind === kind);
    return found?.id ?? failed.noEntry;
  },
};
