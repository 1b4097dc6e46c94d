/**
 * What `sim pcap` does: every packet of a capture through a program, on the simulated kernel.
 * @module
 */
import type { Program } from "ts-ebpf";
import { InvalidArgumentError } from "ts-ebpf";
import type { SimulatedKernel } from "ts-ebpf/sim";
import type { Context } from "../context.ts";
import { type Library, libraryFor } from "../program-file/library.ts";
import { openProgramFile } from "../program-file/open.ts";
import { CaptureReader } from "./capture-reader.ts";
import { CaptureWriter } from "./capture-writer.ts";
import type { PcapOptions } from "./command.ts";
import { Progress } from "./progress.ts";
import { openWorld } from "./world-file.ts";

/** What came of a capture. */
export interface PcapResult {
  readonly program: string;
  readonly packets: number;
  /** Packets by what the program said of them. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Packets that no program can be given: shorter than an Ethernet header, or not of Ethernet. */
  readonly skipped: number;
  /** Packets that were written. */
  readonly written: number;
  readonly seconds: number;
  readonly packetsPerSecond: number;
}

/**
 * Runs the packets of `capture` through the program of `file`, and prints what came of it.
 * @throws {InvalidArgumentError} when the file has no program for packets, or several and none is named; when the file of
 * `--world` says what cannot be meant.
 * @throws {MalformedError} when the capture is damaged; {@link VerifierError} when the program is refused.
 */
export async function runPcap(
  capture: string,
  file: string,
  options: PcapOptions,
  context: Context,
): Promise<void> {
  const library = libraryFor(file);
  const kernel = openWorld(library, options);
  await using loaded = await loadFor(library, kernel, file);
  const program = packetProgram(loaded.programs, options.name);
  using reader = new CaptureReader(capture);
  using writer = options.output === undefined ? undefined : new CaptureWriter(options.output);
  using progress = new Progress(context.stderr, reader.sizeBytes);
  const result = runAll(program, { kernel, reader, writer, progress });
  progress.clear();
  context.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : text(result));
}

/** Programs on a simulated kernel. */
interface Loaded extends AsyncDisposable {
  readonly programs: ReadonlyMap<string, Program>;
}

async function loadFor(library: Library, kernel: SimulatedKernel, file: string): Promise<Loaded> {
  if (/\.(o|elf)$/.test(file)) return library.main.loadObject(file, { kernel });
  const { specs } = await openProgramFile(file);
  return library.main.load(specs, { kernel });
}

/** Types of programs that get packets, with the names of what they return. */
const verdictNames: Readonly<Record<string, readonly string[]>> = {
  xdp: ["aborted", "drop", "pass", "tx", "redirect"],
  sched_cls: ["ok", "reclassify", "shot", "pipe", "stolen", "queued", "repeat", "redirect", "trap"],
  sched_act: ["ok", "reclassify", "shot", "pipe", "stolen", "queued", "repeat", "redirect", "trap"],
  cgroup_skb: ["drop", "pass"],
  socket_filter: ["drop"],
};

function packetProgram(programs: ReadonlyMap<string, Program>, name: string | undefined): Program {
  const found = [...programs].filter(
    ([key, { type }]) => type in verdictNames && (name ?? key) === key,
  );
  if (found.length === 1) return found[0]![1];
  if (found.length > 1) {
    throw new InvalidArgumentError("there are several programs for packets", {
      hint: `choose one with --name: ${found.map(([key]) => key).join(", ")}`,
    });
  }
  const others = [...programs].map(([key, { type }]) => `${key} (${type})`).join(", ");
  const called = name === undefined ? "" : ` called "${name}"`;
  throw new InvalidArgumentError(`there is no program for packets${called}`, {
    hint: `the file has ${others}; packets are for ${Object.keys(verdictNames).join(", ")}`,
  });
}

interface Work {
  readonly kernel: SimulatedKernel;
  readonly reader: CaptureReader;
  readonly writer: CaptureWriter | undefined;
  readonly progress: Progress;
}

function runAll(program: Program, { kernel, reader, writer, progress }: Work): PcapResult {
  const names = verdictNames[program.type]!;
  const verdicts: Record<string, number> = {};
  const kept = keptVerdicts[program.type];
  let [packets, skipped] = [0, 0];
  const start = performance.now();
  let time = 0n;
  function* usable(): Generator<Uint8Array, void> {
    for (const { bytes, timeNs, linkType } of reader.packets()) {
      packets += 1;
      if ((packets & 0xfff) === 0) progress.show(reader.position, packets);
      time = timeNs;
      if (bytes.length >= ethernetBytes && linkType === ethernet) yield bytes;
      else skipped += 1;
    }
  }
  kernel.runPackets(program, usable(), (value, packet) => {
    const verdict = nameOf(names, program.type, value);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (writer !== undefined && kept!(verdict)) writer.write(packet, time);
  });
  const seconds = (performance.now() - start) / 1000;
  const packetsPerSecond = Math.round(packets / seconds);
  return {
    program: program.name,
    packets,
    verdicts,
    skipped,
    written: writer?.packets ?? 0,
    seconds,
    packetsPerSecond,
  };
}

const ethernetBytes = 14;
const ethernet = 1;

/** Whether packets with a verdict go on: those are written. */
const keptVerdicts: Readonly<Record<string, (verdict: string) => boolean>> = {
  xdp: (verdict) => verdict === "pass" || verdict === "tx" || verdict === "redirect",
  sched_cls: (verdict) => verdict !== "shot",
  sched_act: (verdict) => verdict !== "shot",
  cgroup_skb: (verdict) => verdict === "pass",
  socket_filter: (verdict) => verdict !== "drop",
};

function nameOf(names: readonly string[], type: string, value: number): string {
  if (type === "socket_filter") return value === 0 ? "drop" : "pass";
  if (type === "sched_cls" && value === 0xffff_ffff) return "unspecified";
  return names[value] ?? String(value);
}

function text(result: PcapResult): string {
  const { packets, skipped, written, seconds, packetsPerSecond } = result;
  const counts = Object.entries(result.verdicts).toSorted(([, a], [, b]) => b - a);
  const lines = counts.map(([name, count]) => `${name.padEnd(12)} ${String(count).padStart(12)}`);
  const rest = skipped === 0 ? [] : [`${"skipped".padEnd(12)} ${String(skipped).padStart(12)}`];
  const wrote = written === 0 ? "" : `, ${written} written`;
  const rate = packetsPerSecond.toLocaleString("en");
  const sum = `${packets} packets in ${seconds.toFixed(2)} s, ${rate} packets/s${wrote}`;
  return `${[...lines, ...rest, sum].join("\n")}\n`;
}
