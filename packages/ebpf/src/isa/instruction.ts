/**
 * Instructions: every one a program can have, as plain data.
 *
 * An instruction says what it does in fields with names, told apart by `kind`; how that becomes bits is known only to
 * the files beside this one. Maps, kernel functions and places in the program may be named by a name, which
 * `encode` turns into a number. The sections named are those of RFC 9669.
 * @module
 */
import type { Operand, Register } from "./register.ts";

/** One instruction. It is one slot of 8 bytes long, a {@link WideLoad} two. */
export type Instruction =
  | Alu
  | Negate
  | ByteSwap
  | MoveSignExtended
  | AddressSpaceCast
  | PercpuAddress
  | Load
  | Store
  | Atomic
  | LoadAcquire
  | StoreRelease
  | WideLoad
  | PacketLoad
  | Jump
  | LongJump
  | JumpIf
  | MayGoto
  | CallHelper
  | CallKfunc
  | CallLocal
  | Exit
  | Nospec;

/** What tells instructions apart. */
export type InstructionKind = Instruction["kind"];

/** The instruction type of one kind. */
export type InstructionOf<Kind extends InstructionKind> = Extract<
  Instruction,
  { readonly kind: Kind }
>;

/** What every instruction can carry beside what it does. Neither changes its bytes. */
export interface Annotations {
  /** Name of this place in the program; jumps and calls can go to it. */
  readonly label?: string;
  /** Where in somebody's source text it comes from. */
  readonly source?: SourceLine;
}

/** A place in source text. */
export interface SourceLine {
  readonly file: string;
  /** From 1 up. */
  readonly line: number;
  /** From 1 up. */
  readonly column: number;
  /** The text of the line. */
  readonly text: string;
}

/** Bits an operation works on. With 32, the upper half of the destination becomes zero. */
export type Width = 32 | 64;

/** Size of an access to memory. */
export type Size = "u8" | "u16" | "u32" | "u64";

/** Size of a load that extends the sign to 64 bits. Minimum kernel 6.6. */
export type SignedSize = "s8" | "s16" | "s32";

/**
 * Where a jump or call goes: a label, or slots counted from the instruction after this one, so that 0 is the next
 * instruction and a wide load counts two.
 */
export type Target = string | number;

/** Two-operand arithmetic, §4.1. Signed division and remainder need 6.6. */
export type AluOperation =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "sdiv"
  | "or"
  | "and"
  | "lsh"
  | "rsh"
  | "mod"
  | "smod"
  | "xor"
  | "mov"
  | "arsh";

/** `dst = dst op src`, or `dst = src` for `mov`, §4.1. 64-bit operations extend the sign of a number. */
export interface Alu extends Annotations {
  readonly kind: "alu";
  readonly op: AluOperation;
  readonly width: Width;
  readonly dst: Register;
  readonly src: Operand;
}

/** `dst = -dst`, §4.1. */
export interface Negate extends Annotations {
  readonly kind: "negate";
  readonly width: Width;
  readonly dst: Register;
}

/** What a {@link ByteSwap} does: convert to or from little endian, big endian, or turn the bytes round in any case. */
export type SwapOrder = "le" | "be" | "bswap";

/** Turns the low `bits` bits round and clears those above, §4.2. `bswap` needs 6.6. */
export interface ByteSwap extends Annotations {
  readonly kind: "byte-swap";
  readonly order: SwapOrder;
  readonly bits: 16 | 32 | 64;
  readonly dst: Register;
}

/** `dst = (from)src`: a copy that extends the sign, §4.1 MOVSX. `s32` is for width 64 only. Minimum kernel 6.6. */
export interface MoveSignExtended extends Annotations {
  readonly kind: "movsx";
  readonly width: Width;
  readonly from: SignedSize;
  readonly dst: Register;
  readonly src: Register;
}

/**
 * `dst = addr_space_cast(src, to, from)`: an address of an arena as another address space sees it. Space 0 is the
 * kernel's, 1 the arena's. Minimum kernel 6.9. Linux only: `BPF_ADDR_SPACE_CAST` in include/uapi/linux/bpf.h.
 */
export interface AddressSpaceCast extends Annotations {
  readonly kind: "addr-space-cast";
  readonly dst: Register;
  readonly src: Register;
  /** 0 to 65535. */
  readonly to: number;
  /** 0 to 65535. */
  readonly from: number;
}

/**
 * `dst = &(void __percpu *)(src)`: address of per-CPU data on this CPU. The kernel puts it into programs itself and
 * shows it in translated ones; it refuses to load it. `BPF_ADDR_PERCPU` in include/linux/filter.h.
 */
export interface PercpuAddress extends Annotations {
  readonly kind: "percpu-address";
  readonly dst: Register;
  readonly src: Register;
}

/** `dst = *(size *)(base + offset)`, §5.1, and §5.2 for signed sizes. */
export interface Load extends Annotations {
  readonly kind: "load";
  readonly size: Size | SignedSize;
  readonly dst: Register;
  readonly base: Register;
  /** In bytes, -32768 to 32767. */
  readonly offset: number;
}

/** `*(size *)(base + offset) = src`, §5.1. A number is stored with its sign extended to `u64`. */
export interface Store extends Annotations {
  readonly kind: "store";
  readonly size: Size;
  readonly base: Register;
  /** In bytes, -32768 to 32767. */
  readonly offset: number;
  readonly src: Operand;
}

/**
 * Read-modify-write in one step, §5.3. The `fetch_` forms and `xchg` leave the old value in `src`, `cmpxchg` in r0,
 * which also holds what is compared. `add` needs 3.18, everything else 5.12.
 */
export type AtomicOperation =
  | "add"
  | "or"
  | "and"
  | "xor"
  | "fetch_add"
  | "fetch_or"
  | "fetch_and"
  | "fetch_xor"
  | "xchg"
  | "cmpxchg";

/** An {@link AtomicOperation} on `*(size *)(base + offset)`, §5.3. */
export interface Atomic extends Annotations {
  readonly kind: "atomic";
  readonly op: AtomicOperation;
  readonly size: "u32" | "u64";
  readonly base: Register;
  readonly offset: number;
  readonly src: Register;
}

/** `dst = load_acquire((size *)(base + offset))`. Minimum kernel 6.15. Linux only, `BPF_LOAD_ACQ`. */
export interface LoadAcquire extends Annotations {
  readonly kind: "load-acquire";
  readonly size: Size;
  readonly dst: Register;
  readonly base: Register;
  readonly offset: number;
}

/** `store_release((size *)(base + offset), src)`. Minimum kernel 6.15. Linux only, `BPF_STORE_REL`. */
export interface StoreRelease extends Annotations {
  readonly kind: "store-release";
  readonly size: Size;
  readonly base: Register;
  readonly offset: number;
  readonly src: Register;
}

/** `dst = value`, a number of 64 bits or an address that the kernel fills in, §5.4. Two slots long. */
export interface WideLoad extends Annotations {
  readonly kind: "wide-load";
  readonly dst: Register;
  /** A number is 0 to 2^64 - 1. */
  readonly value: bigint | Address;
}

/** An address the kernel fills in when the program is loaded, §5.4. The first three are named, the rest numbered. */
export type Address =
  /** The map called `name`. */
  | { readonly kind: "map"; readonly name: string }
  /** `offset` bytes into the first value of the map called `name`: a global variable. Minimum kernel 5.2. */
  | { readonly kind: "map-value"; readonly name: string; readonly offset: number }
  /** The kernel's variable called `name`. Minimum kernel 5.10. */
  | { readonly kind: "variable"; readonly name: string }
  /** The function at `target` of this program, for helpers that call back. Minimum kernel 5.13. */
  | { readonly kind: "function"; readonly target: Target }
  /** Map by descriptor; in programs that the kernel shows, by id. */
  | { readonly kind: "map-fd"; readonly fd: number }
  /** Value by descriptor or id of its map. */
  | { readonly kind: "map-fd-value"; readonly fd: number; readonly offset: number }
  /** Map by its index in the maps passed along. Minimum kernel 5.14. */
  | { readonly kind: "map-index"; readonly index: number }
  /** Value by its map's index in the maps passed along. Minimum kernel 5.14. */
  | { readonly kind: "map-index-value"; readonly index: number; readonly offset: number }
  /** The kernel's variable with this BTF id; `object` is 0 for vmlinux, else the descriptor of a module's BTF. */
  | { readonly kind: "btf-id"; readonly id: number; readonly object: number };

/**
 * `r0 = *(size *)skb[index + offset]`: packet data in network byte order, with the socket buffer in r6. Ends the
 * program with 0 beyond the packet. §5.5, kept from classic BPF; for socket filters and traffic control.
 */
export interface PacketLoad extends Annotations {
  readonly kind: "packet-load";
  readonly size: "u8" | "u16" | "u32";
  /** Left out, the place is `offset` alone. */
  readonly index?: Register;
  readonly offset: number;
}

/** `goto target`, at most 32767 slots away, §4.3. */
export interface Jump extends Annotations {
  readonly kind: "jump";
  readonly target: Target;
}

/** `gotol target`, any distance away, §4.3. Minimum kernel 6.6. */
export interface LongJump extends Annotations {
  readonly kind: "long-jump";
  readonly target: Target;
}

/** Comparison of a {@link JumpIf}, §4.3; `set` asks for common bits, `s…` compare with signs. */
export type Comparison =
  | "eq"
  | "gt"
  | "ge"
  | "set"
  | "ne"
  | "sgt"
  | "sge"
  | "lt"
  | "le"
  | "slt"
  | "sle";

/** `if dst op src goto target`, §4.3. Width 32 compares the lower halves and needs 5.1. */
export interface JumpIf extends Annotations {
  readonly kind: "jump-if";
  readonly op: Comparison;
  readonly width: Width;
  readonly dst: Register;
  readonly src: Operand;
  readonly target: Target;
}

/** `may_goto target`: jumps once the program has looped too often. Minimum kernel 6.9. Linux only, `BPF_JCOND`. */
export interface MayGoto extends Annotations {
  readonly kind: "may-goto";
  readonly target: Target;
}

/** Calls a helper of the kernel, §4.3.1. */
export interface CallHelper extends Annotations {
  readonly kind: "call-helper";
  /** Number of the helper, as in `enum bpf_func_id`. */
  readonly id: number;
}

/** Calls a function of the kernel that is open to programs, §4.3.1. Minimum kernel 5.13. */
export interface CallKfunc extends Annotations {
  readonly kind: "call-kfunc";
  /** Its name, or its BTF id. */
  readonly function: string | number;
  /** Index of the module's BTF among the descriptors passed along; left out for vmlinux. */
  readonly module?: number;
}

/** Calls a function of this program, §4.3.2. Minimum kernel 4.16. */
export interface CallLocal extends Annotations {
  readonly kind: "call-local";
  readonly target: Target;
}

/** Returns r0 to the caller, §4.3. */
export interface Exit extends Annotations {
  readonly kind: "exit";
}

/** Barrier against speculation. Like {@link PercpuAddress} only shown by the kernel, never loaded. */
export interface Nospec extends Annotations {
  readonly kind: "nospec";
}

/** Slots of 8 bytes that an instruction takes: 2 for a wide load, 1 for every other. */
export function slotCount(instruction: Instruction): 1 | 2 {
  return instruction.kind === "wide-load" ? 2 : 1;
}
