/**
 * Records what programs a process offers to the kernel: `node --import=tools/checker/record.ts …`, with the folder for
 * the records in `EBPF_CHECKER_CORPUS`.
 *
 * The native kernel's one door for commands is wrapped, so that nothing of the library knows of it. Works for tests,
 * examples and commands alike; without the variable it does nothing.
 * @module
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Handle } from "../../packages/ebpf/src/kernel/handle.ts";
import type { Command, MapCreate, ProgLoad } from "../../packages/ebpf/src/kernel/commands.ts";
import { NativeKernel } from "../../packages/ebpf/src/sys/native-kernel.ts";
import { keep, type RecordedMap, type RecordedProgram, type RecordedTable } from "./recorded.ts";

const folder = process.env["EBPF_CHECKER_CORPUS"];
/** By the kernel's numbers, as handles may be moved. */
const maps = new Map<number, RecordedMap>();
const btfs = new Map<number, string>();
let subject = process.argv[1] === undefined ? "" : basename(process.argv[1]);

/** Says what the programs that follow come from. */
export function recordAs(from: string): void {
  subject = from;
}

/** Bytes of the end of a log that are kept. */
const logKept = 3000;

type Bpf = (this: NativeKernel, command: Command, attributes: never) => unknown;

function install(into: string): void {
  mkdirSync(into, { recursive: true });
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its kernel
  const original = NativeKernel.prototype.bpf as Bpf;
  const watched: Bpf = function watch(command, attributes) {
    if (command === "progLoad")
      return recordLoad(into, this, attributes, () => original.call(this, command, attributes));
    const result = original.call(this, command, attributes);
    if (command === "objGetInfoByFd") return result;
    afterwards(into, this, { command, attributes, result });
    return result;
  };
  NativeKernel.prototype.bpf = watched as NativeKernel["bpf"];
}

function afterwards(
  into: string,
  kernel: NativeKernel,
  {
    command,
    attributes,
    result,
  }: { readonly command: Command; readonly attributes: never; readonly result: unknown },
): void {
  if (command === "btfLoad") {
    btfs.set(idOf(kernel, result as Handle), keep(into, (attributes as { btf: Uint8Array }).btf));
  }
  if (command === "mapCreate") {
    maps.set(idOf(kernel, result as Handle), describeMap(kernel, attributes));
  }
  if (command === "mapFreeze") noteContent(kernel, (attributes as { map: Handle }).map);
}

function idOf(kernel: NativeKernel, object: Handle): number {
  return kernel.bpf("objGetInfoByFd", { object }).id;
}

function describeMap(kernel: NativeKernel, attributes: MapCreate): RecordedMap {
  const { mapType, mapName, keySize, valueSize, maxEntries, mapFlags, innerMap } = attributes;
  const btf = attributes.btf && btfs.get(idOf(kernel, attributes.btf));
  return {
    type: mapType,
    name: mapName ?? "",
    keySize,
    valueSize,
    maxEntries,
    flags: mapFlags ?? [],
    btf,
    keyTypeId: attributes.btfKeyTypeId,
    valueTypeId: attributes.btfValueTypeId,
    inner: innerMap && maps.get(idOf(kernel, innerMap)),
  };
}

function noteContent(kernel: NativeKernel, map: Handle): void {
  const id = idOf(kernel, map);
  const known = maps.get(id);
  if (known === undefined || known.type !== "array" || known.maxEntries !== 1) return;
  const value = new Uint8Array(known.valueSize);
  kernel.bpf("mapLookupElem", { map, key: new Uint8Array(4), value });
  maps.set(id, { ...known, frozen: Buffer.from(value).toString("base64") });
}

function recordLoad(
  into: string,
  kernel: NativeKernel,
  attributes: ProgLoad,
  load: () => unknown,
): unknown {
  try {
    const result = load();
    write(into, kernel, attributes, "accepted");
    return result;
  } catch (error) {
    const errno = (error as { errnoName?: unknown }).errnoName;
    write(into, kernel, attributes, typeof errno === "string" ? errno : (error as Error).name);
    throw error;
  }
}

function write(into: string, kernel: NativeKernel, attributes: ProgLoad, verdict: string): void {
  const { progType, progName, license, progFlags, expectedAttachType, attachBtfId, attachProg } =
    attributes;
  const record: RecordedProgram = {
    from: subject,
    type: progType,
    name: progName ?? "",
    license,
    flags: progFlags ?? [],
    expectedAttachType,
    attachBtfId: attachBtfId === undefined || attachBtfId === 0 ? undefined : attachBtfId,
    onProgram: attachProg === undefined ? undefined : true,
    structOpsMember: attributes.structOpsMember,
    instructions: Buffer.from(attributes.insns).toString("base64"),
    maps: (attributes.maps ?? []).map((map) => maps.get(idOf(kernel, map)) ?? askedOf(kernel, map)),
    btf: attributes.progBtf && btfs.get(idOf(kernel, attributes.progBtf)),
    functions: tableOf(attributes.funcInfo),
    lines: tableOf(attributes.lineInfo),
    verdict,
    log: logOf(attributes),
  };
  appendFileSync(join(into, `${process.pid}.jsonl`), `${JSON.stringify(record)}\n`);
}

/** A map that was not created here: opened by id, or from a pin. */
function askedOf(kernel: NativeKernel, map: Handle): RecordedMap {
  const info = kernel.bpf("objGetInfoByFd", { object: map });
  if (info.kind !== "map") throw new TypeError("no map");
  const { type, name, keySize, valueSize, maxEntries, flags } = info;
  return { type: String(type), name, keySize, valueSize, maxEntries, flags };
}

function tableOf(table: ProgLoad["funcInfo"]): RecordedTable | undefined {
  return (
    table && { recordSize: table.recordSize, bytes: Buffer.from(table.bytes).toString("base64") }
  );
}

function logOf({ log }: ProgLoad): string {
  if (log === undefined) return "";
  const end = log.buffer.indexOf(0);
  return new TextDecoder().decode(
    log.buffer.subarray(Math.max(0, end - logKept), Math.max(0, end)),
  );
}

if (folder !== undefined) install(folder);
