/**
 * JavaScript for single instructions, for the compiled engine.
 *
 * Register n is the two int32 locals `l<n>` and `h<n>`; `t` is scratch. Every statement keeps both halves int32, so the
 * engine below needs no checks. Control flow and calls are not here.
 * @module
 */
import type {
  AddressSpaceCast,
  Alu,
  AluOperation,
  Atomic,
  ByteSwap,
  Comparison,
  Instruction,
  JumpIf,
  Load,
  MoveSignExtended,
  Store,
} from "../../isa/instruction.ts";
import type { Operand, Register } from "../../isa/register.ts";

/** Bytes of each size. */
export const sizes = { u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 } as const;

/** Low half of an operand, as an expression. */
export function low(operand: Operand): string {
  return typeof operand === "number" ? `(${operand | 0})` : operand.replace("r", "l");
}

/** High half of an operand, as an expression. */
export function high(operand: Operand): string {
  return typeof operand === "number" ? (operand < 0 ? "(-1)" : "0") : operand.replace("r", "h");
}

/** The statement for an instruction that neither jumps nor calls nor needs the program; undefined for others. */
export function statementOf(instruction: Instruction, slot: number): string | undefined {
  // oxlint-disable-next-line switch-exhaustiveness-check -- the others are control flow
  switch (instruction.kind) {
    case "alu":
      return alu(instruction);
    case "negate":
      return negate(instruction.dst, instruction.width);
    case "byte-swap":
      return byteSwap(instruction);
    case "movsx":
      return moveSignExtended(instruction);
    case "nospec":
      return "";
    case "load":
      return load(instruction, slot);
    case "load-acquire":
      return load({ ...instruction, kind: "load" }, slot);
    case "store":
      return store(instruction, slot);
    case "store-release":
      return store({ ...instruction, kind: "store" }, slot);
    case "atomic":
      return atomic(instruction, slot);
    default:
      return undefined;
  }
}

/** The condition of a jump, as an expression. */
export function conditionOf({ op, width, dst, src }: JumpIf): string {
  const [a, b, c, d] = [low(dst), high(dst), low(src), high(src)];
  return width === 32 ? narrow[op](a, c) : wide[op](a, b, c, d);
}

const narrow: { readonly [Op in Comparison]: (a: string, b: string) => string } = {
  eq: (a, b) => `${a}===${b}`,
  ne: (a, b) => `${a}!==${b}`,
  set: (a, b) => `(${a}&${b})!==0`,
  gt: (a, b) => `(${a}>>>0)>(${b}>>>0)`,
  ge: (a, b) => `(${a}>>>0)>=(${b}>>>0)`,
  lt: (a, b) => `(${a}>>>0)<(${b}>>>0)`,
  le: (a, b) => `(${a}>>>0)<=(${b}>>>0)`,
  sgt: (a, b) => `${a}>${b}`,
  sge: (a, b) => `${a}>=${b}`,
  slt: (a, b) => `${a}<${b}`,
  sle: (a, b) => `${a}<=${b}`,
};

type WideComparison = (a: string, b: string, c: string, d: string) => string;

/** Compares upper halves first; lower halves never have a sign. */
function ordered(strict: ">" | "<", last: string, signed: boolean): WideComparison {
  const top = (half: string): string => (signed ? half : `(${half}>>>0)`);
  return (a, b, c, d) => `(${top(b)}${strict}${top(d)}||${b}===${d}&&(${a}>>>0)${last}(${c}>>>0))`;
}

const wide: { readonly [Op in Comparison]: WideComparison } = {
  eq: (a, b, c, d) => `(${a}===${c}&&${b}===${d})`,
  ne: (a, b, c, d) => `(${a}!==${c}||${b}!==${d})`,
  set: (a, b, c, d) => `((${a}&${c})|(${b}&${d}))!==0`,
  gt: ordered(">", ">", false),
  ge: ordered(">", ">=", false),
  lt: ordered("<", "<", false),
  le: ordered("<", "<=", false),
  sgt: ordered(">", ">", true),
  sge: ordered(">", ">=", true),
  slt: ordered("<", "<", true),
  sle: ordered("<", "<=", true),
};

function alu({ op, width, dst, src }: Alu): string {
  const [a, b, c, d] = [low(dst), high(dst), low(src), high(src)];
  return width === 32 ? `${a}=${alu32[op](a, c)};${b}=0;` : alu64[op](a, b, c, d);
}

const alu32: { readonly [Op in AluOperation]: (a: string, b: string) => string } = {
  add: (a, b) => `(${a}+${b})|0`,
  sub: (a, b) => `(${a}-${b})|0`,
  mul: (a, b) => `Math.imul(${a},${b})`,
  div: (a, b) => `${b}===0?0:((${a}>>>0)/(${b}>>>0))|0`,
  sdiv: (a, b) => `${b}===0?0:(${a}/${b})|0`,
  mod: (a, b) => `${b}===0?${a}:((${a}>>>0)%(${b}>>>0))|0`,
  smod: (a, b) => `${b}===0?${a}:(${a}%${b})|0`,
  or: (a, b) => `${a}|${b}`,
  and: (a, b) => `${a}&${b}`,
  xor: (a, b) => `${a}^${b}`,
  lsh: (a, b) => `${a}<<${b}`,
  rsh: (a, b) => `(${a}>>>${b})|0`,
  arsh: (a, b) => `${a}>>${b}`,
  mov: (_, b) => b,
};

const called =
  (name: string): WideComparison =>
  (a, b, c, d) =>
    `t=W.${name}(${a},${b},${c},${d});${b}=W.high;${a}=t;`;
const halfwise =
  (sign: string): WideComparison =>
  (a, b, c, d) =>
    `${a}=${a}${sign}${c};${b}=${b}${sign}${d};`;

const alu64: { readonly [Op in AluOperation]: WideComparison } = {
  add: (a, b, c, d) => `t=(${a}+${c})|0;${b}=(${b}+${d}+((t>>>0)<(${a}>>>0)?1:0))|0;${a}=t;`,
  sub: (a, b, c, d) => `t=(${a}-${c})|0;${b}=(${b}-${d}-((${a}>>>0)<(${c}>>>0)?1:0))|0;${a}=t;`,
  mul: called("mul"),
  div: called("div"),
  sdiv: called("sdiv"),
  mod: called("mod"),
  smod: called("smod"),
  or: halfwise("|"),
  and: halfwise("&"),
  xor: halfwise("^"),
  lsh: (a, b, c) =>
    `t=${c}&63;if(t>31){${b}=${a}<<(t-32);${a}=0;}else if(t!==0){${b}=(${b}<<t)|(${a}>>>(32-t));${a}=${a}<<t;}`,
  rsh: (a, b, c) =>
    `t=${c}&63;if(t>31){${a}=(${b}>>>(t-32))|0;${b}=0;}else if(t!==0){${a}=(${a}>>>t)|(${b}<<(32-t));` +
    `${b}=(${b}>>>t)|0;}`,
  arsh: (a, b, c) =>
    `t=${c}&63;if(t>31){${a}=${b}>>(t-32);${b}=${b}>>31;}else if(t!==0){${a}=(${a}>>>t)|(${b}<<(32-t));${b}=${b}>>t;}`,
  mov: (a, b, c, d) => `${a}=${c};${b}=${d};`,
};

/** An address as another address space sees it: its lower half, with `upper` as the other one unless it is null. */
export function castAddress({ dst, src }: AddressSpaceCast, upper: number): string {
  const [a, b] = [low(dst), high(dst)];
  return `${a}=${low(src)};${b}=${upper === 0 ? "0" : `${a}===0?0:(${upper})`};`;
}

function negate(dst: Register, width: number): string {
  const [a, b] = [low(dst), high(dst)];
  return width === 32 ? `${a}=(-${a})|0;${b}=0;` : `${b}=(~${b}+(${a}===0?1:0))|0;${a}=(-${a})|0;`;
}

function byteSwap({ order, bits, dst }: ByteSwap): string {
  const [a, b] = [low(dst), high(dst)];
  if (order === "le") return bits === 64 ? "" : `${bits === 16 ? `${a}=${a}&65535;` : ""}${b}=0;`;
  if (bits === 16) return `${a}=((${a}&255)<<8)|((${a}>>>8)&255);${b}=0;`;
  return bits === 32 ? `${a}=S(${a});${b}=0;` : `t=S(${a});${a}=S(${b});${b}=t;`;
}

function moveSignExtended({ width, from, dst, src }: MoveSignExtended): string {
  const shift = 32 - 8 * sizes[from];
  const [a, b] = [low(dst), high(dst)];
  return `${a}=${low(src)}<<${shift}>>${shift};${b}=${width === 32 ? "0" : `${a}>>31`};`;
}

function load({ size, dst, base, offset }: Load, slot: number): string {
  const [a, b] = [low(dst), high(dst)];
  const bytes = sizes[size];
  const loaded = `t=M.loadHalves(${high(base)},(${low(base)}+${offset})|0,${bytes},${slot});`;
  if (!size.startsWith("s")) return `${loaded}${a}=t;${b}=M.high;`;
  const shift = 32 - 8 * bytes;
  return `${loaded}${a}=t<<${shift}>>${shift};${b}=${a}>>31;`;
}

function store({ size, base, offset, src }: Store, slot: number): string {
  return `M.storeHalves(${high(base)},(${low(base)}+${offset})|0,${sizes[size]},${low(src)},${high(src)},${slot});`;
}

function atomic({ op, size, base, offset, src }: Atomic, slot: number): string {
  const bytes = sizes[size];
  const place = `${high(base)},(${low(base)}+${offset})|0,${bytes}`;
  const [c, d] = [low(src), high(src)];
  const upper = bytes === 4 ? "0" : "u";
  // A store that does nothing, in an arena, fetches nothing.
  const old = `M.lost=false;t=M.loadHalves(${place},${slot});u=M.high;`;
  if (op === "cmpxchg") {
    const equal = bytes === 4 ? "t===l0" : "(t===l0&&u===h0)";
    // A failed comparison stores the old value again, so that both outcomes need a writable place.
    return (
      `${old}if(${equal})M.storeHalves(${place},${c},${d},${slot});` +
      `else M.storeHalves(${place},t,u,${slot});if(!M.lost){l0=t;h0=${upper};}`
    );
  }
  const fetches = op === "xchg" || op.startsWith("fetch_");
  const back = fetches ? `if(!M.lost){${c}=t;${d}=${upper};}` : "";
  if (op === "xchg") return `${old}M.storeHalves(${place},${c},${d},${slot});${back}`;
  // `add` uses t as scratch, so the old lower half is kept in x.
  const plain = op.replace("fetch_", "") as "add" | "or" | "and" | "xor";
  return (
    `${old}v=t;w=u;x=t;${alu64[plain]("v", "w", c, d)}M.storeHalves(${place},v,w,${slot});` +
    back.replace("=t;", "=x;")
  );
}
