/**
 * Rejections of loads and stores: values of maps, reserved records, memory of the kernel, numbers that are no pointers.
 * @module
 */
import { oneOf } from "../one-of.ts";
import type { Rule } from "../rule.ts";

/** Rules for memory. Patterns over messages of kernel/bpf/verifier.c. */
export const memoryRules = (): readonly Rule[] => [
  {
    id: "null-dereference",
    pattern: /(?<register>R\d+) invalid mem access '(?<type>\w*_or_null\w*)'/,
    cause: "{register} holds {holds}, which may be nothing (null), and it was not compared with 0",
    typescript:
      "check it before use: if (!{variable}) return. A non-null assertion (!) does not convince the kernel",
    c: "check it before use: if (!{variable}) return 0;",
    assembler: "jump away when {register} is 0 before using it: jeq({register}, 0, …)",
  },
  {
    id: "null-arithmetic",
    pattern: /(?<register>R\d+) pointer arithmetic on (?<type>\w+) prohibited, null-check it first/,
    cause: "{register} holds {holds}, which may be nothing (null), and a number was added to it",
    typescript: "check it before going into it: if (!{variable}) return",
    c: "check it before adding to it: if (!{variable}) return 0;",
    assembler: "compare {register} with 0 first, and add to it behind that",
  },
  {
    id: "packet-pointer-void",
    pattern: /(?<register>R\d+) invalid mem access '(?:scalar|inv)'/,
    when: ({ held }) => held === "pkt" || held === "pkt_meta",
    cause:
      "{register} was an address in the packet until a helper was called that may move the packet, " +
      "which makes such addresses void",
    typescript: "take the headers from packet(ctx) again after the call, and check them again",
    c: "load ctx->data and ctx->data_end again after the call, and check again",
    assembler: "load data and data_end from the context again after the call, and compare again",
  },
  {
    id: "use-after-release",
    pattern: /(?<register>R\d+) invalid mem access '(?:scalar|inv)'/,
    when: ({ held }) =>
      held !== undefined && /^(?:(?:ringbuf_|alloc_)?mem$|sock|tcp_sock|ptr_)/.test(held),
    cause:
      "{register} was {held} until it was submitted, discarded or released, and is used after that",
    typescript: "use the record or object before you submit, discard or release it",
    c: "use the record or object before it is submitted, discarded or released",
    assembler: "do all loads and stores before the call that releases it",
  },
  {
    id: "scalar-dereference",
    pattern: /(?<register>R\d+) invalid mem access '(?:scalar|inv)'/,
    cause: "{register} is used as an address, but to the kernel it is only a number",
    typescript:
      "read memory of the kernel with bpf.probeReadKernel(…), or through a typed argument (tpBtf)",
    c: "read it with bpf_probe_read_kernel or BPF_CORE_READ, or through a typed argument (tp_btf, fentry)",
    assembler:
      "read it with probe_read_kernel; addresses that the kernel knows keep their kind through mov " +
      "and add only",
  },
  {
    id: "pointer-not-memory",
    pattern: /(?<register>R\d+) invalid mem access '(?<type>\w+)'/,
    cause: "{register} holds {holds}, which cannot be read or written by address",
    typescript: "use the method or helper that is made for this value instead of its memory",
    c: "pass it to the helper that is made for it, or compare it, instead of reading its memory",
    assembler: "use the pointer only where it belongs: pass it to a helper, or compare with it",
  },
  {
    id: "map-value-bounds",
    pattern:
      /invalid access to map value, value_size=(?<size>\d+) off=(?<offset>-?\d+) size=(?<length>\d+)/,
    cause:
      "{bytes} at offset {offset} of a map's value are accessed, but the value has only bytes 0 to " +
      "{size} (excluded)",
    typescript:
      "keep the index inside the value: check it (if (i >= length) return), or mask it (i & 63) " +
      "when the length is a power of two; the layout must have the field",
    c: "keep the index inside the value: if (i >= LENGTH) return 0;, or i &= LENGTH - 1 when that is a power of two",
    assembler:
      "compare the offset with the size of the value before adding it, or mask it with and(…); " +
      "correct a constant offset",
  },
  {
    id: "memory-bounds",
    pattern:
      /invalid access to memory, mem_size=(?<size>\d+) off=(?<offset>-?\d+) size=(?<length>\d+)/,
    cause:
      "{bytes} at offset {offset} are accessed, but the memory has only bytes 0 to {size} (excluded)",
    typescript: "reserve the whole layout, or keep the index inside it",
    c: "ask for more bytes, or keep the offset inside them",
    assembler: "reserve more bytes, or correct the offset",
  },
  {
    id: "unbounded-access",
    pattern: oneOf(
      /(?<register>R\d+) unbounded memory access/,
      /(?<pointer>R\d+) (?:max|min) value is outside of the (?:allowed memory|array) range/,
    ),
    cause: "the offset in {register}{pointer} can be so large that it leaves the memory",
    typescript:
      "bound the index before using it: mask it (index & 63), or check it (if (index >= 64) " +
      "return); check the very variable you use afterwards",
    c: "bound the index before using it, if (i >= LENGTH) return 0;, behind a barrier_var(i) if clang tests a copy of it",
    assembler: "mask the offset with and(…, 63), or compare it with the size, before the addition",
  },
  {
    id: "negative-index",
    pattern: oneOf(
      /(?<register>R\d+) min value is negative, either use unsigned index/,
      /(?<pointer>R\d+) (?:min value is negative|invalid negative)/,
    ),
    cause: "the offset in {register}{pointer} may be negative, so that it points before the memory",
    typescript: "use an unsigned type for the index (u32(i)), or check it: if (i < 0) return",
    c: "use an unsigned type for the index, or check it: if (i < 0) return 0;",
    assembler: "compare with signs (jslt(…, 0, …)) before adding, or mask the offset with and(…)",
  },
  {
    id: "pointer-offset-range",
    pattern: oneOf(
      /math between (?<what>\w+) pointer and (?:register with unbounded min value|-?\d+) is not allowed/,
      /(?<kind>\w+) pointer offset -?\d+ is not allowed/,
      /value -?\d+ makes (?<other>\w+) pointer be out of bounds/,
    ),
    cause: "a number without limits, or one too large, is added to a pointer",
    typescript: "bound the number first: mask it (n & 63), or check it (if (n >= 64) return)",
    c: "bound the number first: if (n >= LENGTH) return 0;, or n &= LENGTH - 1",
    assembler: "mask the number with and(…), or compare it with its limits, before the addition",
  },
  {
    id: "read-only-map",
    pattern: /write into map forbidden/,
    cause: "the map is read-only to programs, and the program stores into it",
    typescript:
      "make it a variable (global(…)) instead of a constant (config(…)), or leave the store out",
    c: "make the variable not const, or the map without BPF_F_RDONLY_PROG",
    assembler: 'create the map without the flag "rdonly_prog", or leave the store out',
  },
  {
    id: "write-only-map",
    pattern: /read from map forbidden/,
    cause: "programs may only write to this map, and the program reads from it",
    typescript: 'leave the flag "wronly_prog" out of the map',
    c: "leave BPF_F_WRONLY_PROG out of the map",
    assembler: 'leave the flag "wronly_prog" out of the map',
  },
  {
    id: "read-only-memory",
    pattern: /(?<register>R\d+) cannot write into (?<type>\w+)/,
    cause: "{register} points to memory that programs may only read",
    typescript: "copy what you want to change into a variable of your own",
    c: "copy it into a variable of your own and change that",
    assembler: "copy it to the stack and change the copy",
  },
  {
    id: "kernel-memory-write",
    pattern: /only read is supported/,
    cause: "a structure of the kernel is written to; programs may only read it",
    typescript:
      "leave the assignment out; some structures have a kfunc or helper that changes them",
    c: "leave the assignment out; some structures have a kfunc or helper that changes them",
    assembler: "leave the store out; some structures have a kfunc or helper that changes them",
  },
  {
    id: "kernel-struct-bounds",
    pattern: /access beyond struct (?<struct>\w+) at off (?<offset>\d+) size (?<length>\d+)/,
    cause: "struct {struct} of this kernel ends before offset {offset}",
    typescript:
      "name the field (task.pid) instead of an offset, so that the kernel's own layout is used",
    c: "use the type of the kernel with preserve_access_index (vmlinux.h), and name the field",
    assembler: "take the offset from the kernel's BTF (fieldOffset)",
  },
  {
    id: "kernel-struct-offset",
    pattern: /(?<register>R\d+) is ptr_(?<struct>\w*) invalid (?:negative access|variable offset)/,
    cause:
      "{register} points to struct {struct} of the kernel with an offset that is negative or not constant",
    typescript: "use the fields of the structure; read arrays of it with bpf.probeReadKernel(…)",
    c: "name the fields; read arrays in it with bpf_probe_read_kernel",
    assembler: "use constant offsets of fields, or read with probe_read_kernel",
  },
  {
    id: "misaligned-access",
    pattern: /misaligned (?<where>\w+) access off .{1,80} size (?<length>\d+)/,
    cause:
      "an access of {bytes} needs an address that is a multiple of {length}, and this one is not",
    typescript: "place the field at a multiple of its size in the layout, or read it byte by byte",
    c: "do not pack the struct, or read the field with __builtin_memcpy; atomic operations and the stack always need it aligned",
    assembler:
      "use an aligned offset, or smaller loads; atomic operations and the stack always need it",
  },
  {
    id: "atomic-target",
    pattern:
      /BPF_(?:ATOMIC|XADD) (?:stores|loads) (?:into|from) (?<register>R\d+) (?<type>\w+) is not allowed/,
    cause:
      "an atomic operation works on {register}, which holds {holds}; it needs memory such as a map's value",
    typescript: "use atomic(…) on the value of a map or a global variable only",
    c: "use __sync_fetch_and_add and its like on map values, global variables and the stack only",
    assembler: "do atomic operations on the value of a map or on the stack only",
  },
  {
    id: "special-field-access",
    pattern: /(?<what>bpf_\w+|kptr|\w+) cannot be accessed directly by load\/store/,
    cause:
      "the field of type {what} belongs to the kernel, and the program loads or stores it like data",
    typescript:
      "leave the field alone; use lock(…) or the methods made for it, and copy other fields one by one",
    c: "leave the lock or timer alone, and copy the other fields one by one",
    assembler: "leave these bytes alone; use the helpers made for them",
  },
];
