/**
 * Trends of benchmarks for people and for programs.
 * @module
 */
import { basename } from "node:path";
import { type History, type Trend, trendsIn } from "ts-ebpf/testing";
import type { Context } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { type Paint, paintFor, type Style } from "../terminal/colour.ts";
import { padEnd, widthOf } from "../terminal/columns.ts";
import { printable } from "../terminal/printable.ts";
import type { TrendChoice } from "./command.ts";

/** Tells the trends of a history; the exit code says whether something became slower. */
export function reportTrends(
  { entries, damaged }: History,
  { history, json, confidence, threshold }: TrendChoice,
  context: Context,
): void {
  const trends = trendsIn(entries, {
    ...(confidence === undefined ? {} : { confidence }),
    ...(threshold === undefined ? {} : { threshold }),
  });
  const { stdout } = context;
  if (json === true)
    stdout.write(`${JSON.stringify({ trends: trends.map(jsonOf), damaged }, undefined, 2)}\n`);
  else stdout.write(tableOf(trends, (style) => paintFor(stdout, style)));
  if (damaged > 0)
    context.remark(`${basename(history)}: ${damaged} damaged ${damaged === 1 ? "line" : "lines"}`);
  if (trends.some(({ kind }) => kind === "regression")) context.exitCode = ExitCode.failed;
}

function jsonOf({ measurements, change, ...trend }: Trend): unknown {
  const last = measurements.at(-1)!;
  return { ...trend, measurements: measurements.length, last, change };
}

const styles: { readonly [Kind in Trend["kind"]]: Style } = {
  steady: "dim",
  short: "dim",
  improvement: "green",
  regression: ["bold", "red"],
};

/** A line for each trend; machines are named when there are several. */
export function tableOf(trends: readonly Trend[], paint: (style: Style) => Paint): string {
  if (trends.length === 0) return "nothing has been measured yet\n";
  const machines = new Set(trends.filter(isTime).map(({ machine }) => machine));
  const rows = trends.map((trend) => ({
    name:
      machines.size > 1
        ? printable(`${trend.benchmark} (${trend.machine})`)
        : printable(trend.benchmark),
    level: levelText(trend),
    text: paint(styles[trend.kind])(trendText(trend)),
  }));
  const nameWidth = Math.max(...rows.map(({ name }) => widthOf(name)));
  const levelWidth = Math.max(...rows.map(({ level }) => widthOf(level)));
  const lines = rows.map(
    ({ name, level, text }) => `${padEnd(name, nameWidth)}  ${level.padStart(levelWidth)}  ${text}`,
  );
  return `${lines.join("\n")}\n`;
}

function isTime({ metric }: Trend): boolean {
  return metric === "nanoseconds";
}

function levelText({ metric, level }: Trend): string {
  if (metric === "instructions") return `${level} instructions`;
  return `${level < 100 ? level.toFixed(1) : level.toFixed(0)} ns`;
}

/** `slower by 12.3 % (9.8 to 14.9 %) since 2026-11-20 10:15 (3f2a), 99.9 % sure`. */
function trendText(trend: Trend): string {
  const { kind, change, measurements } = trend;
  const count = `${measurements.length} measurement${measurements.length === 1 ? "" : "s"}`;
  if (change === undefined)
    return kind === "short" ? `${count}: too few to tell` : `steady (${count})`;
  const { ratio, low, high, confidence, since } = change;
  const isSlower = kind === "regression";
  const by = isTime(trend)
    ? `${percent(ratio)} % (${span(low, high)} %)`
    : `${percent(ratio)} % of instructions`;
  const label = since.label === undefined ? "" : ` (${printable(since.label)})`;
  const when = since.time.slice(0, 16).replace("T", " ");
  const sure = isTime(trend) ? `, ${floorPercent(confidence)} % sure` : "";
  return `${isSlower ? "slower" : "faster"} by ${by} since ${when}${label}${sure}`;
}

/** The change as a share, without its direction. */
function percent(ratio: number): string {
  return Math.abs((ratio - 1) * 100).toFixed(1);
}

function span(low: number, high: number): string {
  const ends = [(low - 1) * 100, (high - 1) * 100].map((end) => end.toFixed(1));
  return ends.join(" to ");
}

/** Rounded down: 99.98 is not 100. */
function floorPercent(share: number): string {
  return (Math.floor(share * 1e4) / 1e2).toFixed(2);
}
