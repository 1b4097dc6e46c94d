/**
 * What a list shows of each kind of object, in columns.
 * @module
 */
import type { BtfInfo, LinkInfo, MapInfo, ObjectInfo, ProgramInfo } from "ts-ebpf/kernel";
import type { Column } from "../table/column.ts";
import type { ListedKind, ListOptions } from "./command.ts";

/** A row of a list. */
export interface Row {
  readonly info: ObjectInfo;
  /** `node (17)`; only when asked for. */
  readonly holders?: readonly string[];
  /** Paths; only when asked for. */
  readonly pins?: readonly string[];
}

/** The columns of a list. */
export function columnsFor(kind: ListedKind, { holders, pins }: ListOptions): readonly Column[] {
  const columns = [...ownColumns[kind]()];
  if (holders === true) columns.push(left("held by", ({ holders: held }) => held?.join(", ")));
  if (pins === true) columns.push(left("pinned at", ({ pins: pinned }) => pinned?.join(", ")));
  return columns;
}

const ownColumns: { readonly [Kind in ListedKind]: () => readonly Column[] } = {
  programs: () => [
    right("id", ({ info }) => info.id),
    left(
      "type",
      ofProgram(({ type }) => wordOf(type)),
    ),
    left(
      "name",
      ofProgram(({ name }) => name),
    ),
    left(
      "tag",
      ofProgram(({ tag }) => tag),
    ),
    right(
      "uid",
      ofProgram(({ createdByUid }) => createdByUid),
    ),
    right(
      "insns",
      ofProgram(({ translatedLength }) => translatedLength / instructionBytes),
    ),
    right(
      "jited",
      ofProgram(({ jitedLength }) => jitedLength),
    ),
    left(
      "maps",
      ofProgram(({ mapIds }) => mapIds.join(",")),
    ),
    right(
      "runs",
      ofProgram(({ runCount }) => (runCount === 0n ? "" : runCount)),
    ),
    right("ns/run", ofProgram(nsPerRun)),
  ],
  maps: () => [
    right("id", ({ info }) => info.id),
    left(
      "type",
      ofMap(({ type }) => wordOf(type)),
    ),
    left(
      "name",
      ofMap(({ name }) => name),
    ),
    right(
      "key",
      ofMap(({ keySize }) => keySize),
    ),
    right(
      "value",
      ofMap(({ valueSize }) => valueSize),
    ),
    right(
      "entries",
      ofMap(({ maxEntries }) => maxEntries),
    ),
    left(
      "flags",
      ofMap(({ flags }) => flags.join(" ")),
    ),
  ],
  links: () => [
    right("id", ({ info }) => info.id),
    left(
      "type",
      ofLink(({ type }) => type),
    ),
    right(
      "program",
      ofLink(({ programId }) => (programId === 0 ? "" : programId)),
    ),
    left(
      "attached",
      ofLink(({ attachType }) => attachType ?? ""),
    ),
    left("details", ofLink(detailsText)),
  ],
  btf: () => [
    right("id", ({ info }) => info.id),
    left(
      "name",
      ofBtf(({ name, kernelBtf }) => (name === "" && !kernelBtf ? "(program)" : name)),
    ),
    right(
      "bytes",
      ofBtf(({ sizeBytes }) => sizeBytes),
    ),
  ],
};

/** Bytes of a slot, as the kernel counts instructions. */
const instructionBytes = 8;

function nsPerRun({ runCount, runTimeNs }: ProgramInfo): bigint | string {
  return runCount === 0n ? "" : runTimeNs / runCount;
}

/** The kernel's word; a number is of a kind this library does not know. */
function wordOf(type: string | number): string {
  return typeof type === "string" ? type : `type ${type}`;
}

function detailsText({ details }: LinkInfo): string {
  return Object.entries(details as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== 0 && value !== 0n && value !== "")
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}

type Pick = (row: Row) => unknown;

const ofProgram =
  (pick: (info: ProgramInfo) => unknown): Pick =>
  ({ info }) =>
    pick(info as ProgramInfo);
const ofMap =
  (pick: (info: MapInfo) => unknown): Pick =>
  ({ info }) =>
    pick(info as MapInfo);
const ofLink =
  (pick: (info: LinkInfo) => unknown): Pick =>
  ({ info }) =>
    pick(info as LinkInfo);
const ofBtf =
  (pick: (info: BtfInfo) => unknown): Pick =>
  ({ info }) =>
    pick(info as BtfInfo);

const left = (title: string, pick: Pick): Column => column(title, "left", pick);
const right = (title: string, pick: Pick): Column => column(title, "right", pick);

function column(title: string, align: Column["align"], pick: Pick): Column {
  return { title, align, width: title.length, pick: (row) => pick(row as Row) };
}
