/**
 * Tracepoints: records and arguments, as programs in each of the three ways get them.
 * @module
 */
import type { Btf } from "../../btf/btf.ts";
import type { BtfStruct } from "../../btf/type.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { place } from "../attach/place.ts";
import type { Core } from "../core.ts";
import type { Given, GivenObject } from "../typed/given.ts";
import { runAttached, type Run, toldOf } from "./run.ts";
import { Scope } from "./scope.ts";

const encoder = new TextEncoder();
const dynamic = "__data_loc_";

/** Runs the programs on the record of a tracepoint. */
export function fireTracepoint(
  core: Core,
  event: string,
  record: GivenObject | Uint8Array,
): readonly Run[] {
  using scope = new Scope(core);
  const [category = "", name = ""] = event.split("/");
  if (category === "" || name === "")
    throw new InvalidArgumentError(`"${event}" does not name a tracepoint`, {
      hint: "write category/name, such as sched/sched_process_exec",
    });
  core.names.assertTracepoint(category, name);
  const attached = core.attachments.at(place.tracepoint(category, name));
  if (attached.length === 0) return [];
  const bytes =
    record instanceof Uint8Array ? record.slice() : encodeRecord(scope, { category, name, record });
  const context = scope.placement.allocate("context", bytes);
  return toldOf(runAttached(core, attached, context));
}

interface Record {
  readonly category: string;
  readonly name: string;
  readonly record: GivenObject;
}

/** A record by the kernel's struct of it; text of `__data_loc` members goes behind the struct. */
function encodeRecord(scope: Scope, { category, name, record }: Record): Uint8Array {
  const { btf } = scope.core.types;
  const struct = recordStruct(btf, category, name);
  const data = struct.members.find((it) => it.name === "__data");
  const start = data === undefined ? struct.size : data.bitOffset / 8;
  const members: { [name: string]: Given } = {};
  const tail: number[] = [];
  for (const [key, value] of Object.entries(record)) {
    const isText = typeof value === "string" || value instanceof Uint8Array;
    const located = struct.members.find((it) => it.name === `${dynamic}${key}`);
    if (located === undefined || !isText) {
      members[key] = value;
      continue;
    }
    const bytes = typeof value === "string" ? encoder.encode(`${value}\0`) : value;
    members[located.name] = ((bytes.length << 16) | (start + tail.length)) >>> 0;
    tail.push(...bytes);
  }
  const bytes = new Uint8Array(Math.max(struct.size, start + tail.length));
  const { pid } = scope.core.world.task;
  const common = { ent: { pid } };
  const place = { bytes, offset: 0, name: struct.name };
  const hasEntry = struct.members.some((it) => it.name === "ent");
  scope.kernel.write(place, struct.id, hasEntry ? { ...common, ...members } : members);
  bytes.set(tail, start);
  return bytes;
}

/** The struct of a tracepoint's record: of its own name, of its class, or of all system calls. */
function recordStruct(btf: Btf, category: string, name: string): BtfStruct {
  for (const candidate of structNames(category, name)) {
    const found = btf.findByName(candidate, "struct");
    if (found !== undefined) return found;
  }
  const wanted = `trace_event_raw_${name}`;
  throw new InvalidArgumentError(`the simulated kernel has no struct for ${category}/${name}`, {
    hint: didYouMean(wanted, btf.namesLike(wanted, "struct")) ?? "give the record as bytes",
  });
}

function* structNames(category: string, name: string): Generator<string, void> {
  const prefix = "trace_event_raw_";
  if (category === "syscalls") yield `${prefix}${/^sys_(enter|exit)/.exec(name)?.[0] ?? name}`;
  for (let base = name; base !== ""; base = base.replace(/_?[^_]*$/, "")) {
    if (base === name) yield `${prefix}${base}`;
    yield `${prefix}${base}_template`;
    yield `${prefix}${base}_class`;
    if (base !== name) yield `${prefix}${base}`;
  }
}

/** Runs the programs on the arguments of a tracepoint, raw and BTF ones. */
export function fireRawTracepoint(
  core: Core,
  name: string,
  given: readonly Given[],
): readonly Run[] {
  if (!core.names.hasRawTracepoint(name)) {
    throw new InvalidArgumentError(`there is no raw tracepoint "${name}"`, {
      hint: core.names.tracepointHint(name),
    });
  }
  const attached = core.attachments.at(place.rawTracepoint(name));
  if (attached.length === 0) return [];
  using scope = new Scope(core);
  const words = scope.arguments(given, core.types.tracepointParameters(name));
  const context = scope.words(padded(words));
  return toldOf(runAttached(core, attached, context, { given: { argumentCount: words.length } }));
}

/** Arguments there are at most, MAX_BPF_FUNC_REG_ARGS and those of system calls. */
const mostArguments = 12;

function padded(words: readonly bigint[]): readonly bigint[] {
  return [...words, ...Array.from({ length: mostArguments - words.length }, () => 0n)];
}
