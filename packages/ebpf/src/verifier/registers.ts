/**
 * What the verifier knows of registers and stack slots, from the words of its log.
 *
 * A state is a list of `name=value` with spaces between; a value may have fields in brackets, and those again. One
 * pass counts brackets, so that any text is taken apart in time proportional to its length.
 * @module
 */

/** What is known of one register or stack slot. */
export interface RegisterState {
  /** As the log has it: `map_value_or_null(id=1,map=counts,ks=4,vs=8)`. */
  readonly text: string;
  /** What it is: `map_value_or_null`, `scalar`, `ctx`, `fp`, `pkt`…; a known number is a `scalar`. */
  readonly type: string;
  /** What is in the brackets: `map` is the name of a map, `umax` the largest value, `r` a packet's checked length. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Registers (`r0` to `r10`) and stack slots (`fp-8`) by name. */
export type Registers = ReadonlyMap<string, RegisterState>;

/** Reads `R0=map_value_or_null(id=1,ks=4,vs=8) R10=fp0 fp-8=????mmmm`; what is no assignment is passed over. */
export function parseRegisters(text: string): Registers {
  const registers = new Map<string, RegisterState>();
  for (const assignment of splitOutside(text, " ")) {
    const equals = assignment.indexOf("=");
    const name = /^(?:R(\d+)|fp(-\d+))(?:_\w{1,3})?$/.exec(
      assignment.slice(0, Math.max(0, equals)),
    );
    if (name === null) continue;
    const key = name[1] === undefined ? `fp${name[2]}` : `r${name[1]}`;
    registers.set(key, registerState(assignment.slice(equals + 1)));
  }
  return registers;
}

function registerState(text: string): RegisterState {
  const bracket = text.indexOf("(");
  const head = bracket === -1 ? text : text.slice(0, bracket);
  return { text, type: typeOf(head), fields: fieldsOf(bracket === -1 ? "" : text.slice(bracket)) };
}

/** `inv` is what scalars were called before 5.18, `P` marks a value that is tracked exactly. */
function typeOf(head: string): string {
  const plain = head.replace(/^P(?=-?\d|scalar|inv)/, "").replace(/^invP/, "inv");
  if (/^(?:inv)?(?:-?\d+|0x[0-9a-f]+)?$/.test(plain)) return "scalar";
  return /^fp-?\d+$/.test(plain) ? "fp" : plain;
}

function fieldsOf(brackets: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of splitOutside(brackets.slice(1, -1), ",")) {
    // `smin=0,smax=umax=7` gives two names the same value
    const parts = field.split("=");
    const value = parts.pop() ?? "";
    for (const name of parts) fields.set(name, value);
  }
  return fields;
}

/** The parts of `text` between separators that are not in brackets, without empty ones. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let index = 0; index <= text.length; index++) {
    const character = text[index];
    if (character === "(") depth++;
    else if (character === ")") depth = Math.max(0, depth - 1);
    else if (character === undefined || (character === separator && depth === 0)) {
      if (index > start) parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return parts;
}
