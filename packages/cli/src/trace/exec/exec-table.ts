/**
 * Executions as a table for people.
 *
 * The file and its arguments share the last column, as they would be typed; so neither leaves room unused that the other
 * could take. On a terminal a row is cut to one line; into files and pipes everything is written.
 * @module
 */
import { basename } from "node:path";
import { paintFor, type Paint } from "../../terminal/colour.ts";
import { cutTo, padEnd } from "../../terminal/columns.ts";
import { printable, quoteArgument } from "../../terminal/printable.ts";
import type { ExecEvent } from "./exec-event.ts";
import type { ExecView } from "./exec-view.ts";
import { formatTimeOfDay } from "./wall-clock.ts";

/** Width of a terminal that does not tell. */
const usualWidth = 80;
/** Lines shorter than this show no milliseconds. */
const wideLine = 100;

/** The columns before the last one: the longest name of a process has 15 bytes, the largest id 7 digits. */
const widths = { pid: 7, uid: 5, command: 15 } as const;
const gap = "  ";

/** The table for `stream`. */
export function execTable(stream: NodeJS.WriteStream): ExecView {
  const lineWidth = stream.isTTY ? stream.columns || usualWidth : Infinity;
  const timeLength = lineWidth < wideLine ? "HH:MM:SS".length : "HH:MM:SS.mmm".length;
  const taken = timeLength + 2 * widths.pid + widths.uid + widths.command + 5 * gap.length;
  const lastWidth = Math.max(lineWidth - taken, 1);
  const header = joined(titles, { timeLength, lastWidth, paints: unpainted });
  const layout: Layout = { timeLength, lastWidth, paints: paintsFor(stream) };
  return {
    header: paintFor(stream, "bold")(header + cutTo("FILE ARGUMENTS", lastWidth)),
    event: (event) => rowOf(event, layout),
  };
}

type Paints = { readonly [Name in keyof Cells | "file"]: Paint };

function paintsFor(stream: NodeJS.WriteStream): Paints {
  return {
    time: paintFor(stream, "dim"),
    pid: paintFor(stream, "yellow"),
    ppid: paintFor(stream, "dim"),
    uid: paintFor(stream, "magenta"),
    command: paintFor(stream, ["bold", "green"]),
    file: paintFor(stream, "cyan"),
  };
}

const asItIs: Paint = (text) => text;
const unpainted: Paints = {
  time: asItIs,
  pid: asItIs,
  ppid: asItIs,
  uid: asItIs,
  command: asItIs,
  file: asItIs,
};

interface Layout {
  readonly timeLength: number;
  readonly lastWidth: number;
  readonly paints: Paints;
}

/** Texts of the columns before the last one. */
interface Cells {
  readonly time: string;
  readonly pid: string;
  readonly ppid: string;
  readonly uid: string;
  readonly command: string;
}

const titles: Cells = { time: "TIME", pid: "PID", ppid: "PPID", uid: "UID", command: "COMMAND" };

/** The columns before the last one, with the gap behind them. */
function joined({ time, pid, ppid, uid, command }: Cells, { timeLength, paints }: Layout): string {
  const texts = [
    paints.time(time.slice(0, timeLength).padEnd(timeLength)),
    paints.pid(pid.padStart(widths.pid)),
    paints.ppid(ppid.padStart(widths.pid)),
    paints.uid(uid.padStart(widths.uid)),
    paints.command(padEnd(command, widths.command)),
  ];
  return texts.join(gap) + gap;
}

function rowOf(event: ExecEvent, layout: Layout): string {
  const cells: Cells = {
    time: formatTimeOfDay(event.timeUs),
    pid: String(event.pid),
    ppid: String(event.ppid),
    uid: String(event.uid),
    command: printable(event.command),
  };
  const file = quoteArgument(event.file);
  const last = cutTo(file + argumentsOf(event), layout.lastWidth);
  const { file: paintFile } = layout.paints;
  return joined(cells, layout) + paintFile(last.slice(0, file.length)) + last.slice(file.length);
}

/** Arguments behind the file; the first only where it is not the name of the file, in brackets. */
function argumentsOf({ file, arguments: words, truncated }: ExecEvent): string {
  const [name, ...rest] = words;
  const otherName = name === undefined || basename(name) === basename(file) ? [] : [name];
  return [
    ...otherName.map((name) => ` [${quoteArgument(name)}]`),
    ...rest.map((word) => ` ${quoteArgument(word)}`),
    ...(truncated ? [" …"] : []),
  ].join("");
}
