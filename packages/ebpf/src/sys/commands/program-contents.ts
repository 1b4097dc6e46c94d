/**
 * What a loaded program consists of: instructions, machine code, functions, lines.
 *
 * A first call has told how much of each there is; here is memory for all of it, and a second call that fills it. A
 * program never changes after it was loaded, so the numbers of the first call hold. What a user may not see has length 0.
 * @module
 */
import { hex, littleEndian, viewOf } from "../../base/bytes.ts";
import type { RecordTable } from "../../kernel/commands.ts";
import type { ProgramContents, ProgramFunction } from "../../kernel/info.ts";
import { type Member, progInfo } from "../generated/attributes.ts";
import { KernelRecord } from "../call/record.ts";
import type { Fetch } from "./link-info.ts";

/** A list in the info: how many there are, where they go, and how long one is (a size, or the member that tells it). */
interface List {
  readonly count: Member;
  readonly place: Member;
  readonly size: number | Member;
}

const tagBytes = 8;

const lists = {
  translated: { count: progInfo.xlatedProgLen, place: progInfo.xlatedProgInsns, size: 1 },
  jited: { count: progInfo.jitedProgLen, place: progInfo.jitedProgInsns, size: 1 },
  addresses: { count: progInfo.nrJitedKsyms, place: progInfo.jitedKsyms, size: 8 },
  lengths: { count: progInfo.nrJitedFuncLens, place: progInfo.jitedFuncLens, size: 4 },
  tags: { count: progInfo.nrProgTags, place: progInfo.progTags, size: tagBytes },
  functionInfo: {
    count: progInfo.nrFuncInfo,
    place: progInfo.funcInfo,
    size: progInfo.funcInfoRecSize,
  },
  lineInfo: {
    count: progInfo.nrLineInfo,
    place: progInfo.lineInfo,
    size: progInfo.lineInfoRecSize,
  },
  lineAddresses: {
    count: progInfo.nrJitedLineInfo,
    place: progInfo.jitedLineInfo,
    size: progInfo.jitedLineInfoRecSize,
  },
} as const satisfies { readonly [name: string]: List };

type Lists = { readonly [Name in keyof typeof lists]: RecordTable };

/** Fetches everything that `first`, filled by a call without pointers, says there is. */
export function readContents(fetch: Fetch, first: KernelRecord): ProgramContents {
  const found = fetchLists(fetch, first);
  return {
    translated: found.translated.bytes,
    jited: found.jited.bytes,
    functions: functionsOf(found),
    functionInfo: found.functionInfo,
    lineInfo: found.lineInfo,
    lineAddresses: numbersOf(found.lineAddresses),
  };
}

function fetchLists(fetch: Fetch, first: KernelRecord): Lists {
  const record = new KernelRecord(progInfo);
  const tables = Object.entries<List>(lists).map(([name, { count, place, size }]) => {
    const recordSize = typeof size === "number" ? size : first.get(size);
    const bytes = new Uint8Array(first.get(count) * recordSize);
    // The kernel refuses a size other than its own, also where there is nothing.
    if (typeof size !== "number") record.set(size, recordSize);
    record.set(count, first.get(count)).point(place, bytes);
    return [name, { recordSize, bytes }] as const;
  });
  fetch(record);
  return Object.fromEntries(tables) as unknown as Lists;
}

function functionsOf({ addresses, lengths, tags }: Lists): readonly ProgramFunction[] {
  const [starts, sizes] = [numbersOf(addresses), numbersOf(lengths)];
  return Array.from({ length: tags.bytes.length / tagBytes }, (_, index) => ({
    address: starts[index] ?? 0n,
    sizeBytes: Number(sizes[index] ?? 0n),
    tag: hex(tags.bytes.subarray(index * tagBytes, (index + 1) * tagBytes)),
  }));
}

function numbersOf({ recordSize, bytes }: RecordTable): readonly bigint[] {
  const view = viewOf(bytes);
  const count = recordSize === 0 ? 0 : bytes.length / recordSize;
  return Array.from({ length: count }, (_, index) =>
    recordSize === 8
      ? view.getBigUint64(index * recordSize, littleEndian)
      : BigInt(view.getUint32(index * recordSize, littleEndian)),
  );
}
