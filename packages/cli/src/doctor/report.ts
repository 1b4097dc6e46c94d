/**
 * The report of `doctor` for people.
 * @module
 */
import type { FeatureReport, Finding } from "ts-ebpf/sys";
import { paintFor, type Paint } from "../terminal/colour.ts";
import type { Examination } from "./examination.ts";

/** What is shown. */
export interface ReportOptions {
  /** Every feature, or how many there are. */
  readonly features: "all" | "counts";
}

/** The report, line by line. */
export function* reportLines(
  { findings, features, obstacle }: Examination,
  stream: NodeJS.WriteStream,
  options: ReportOptions,
): Generator<string, void> {
  const paints = paintsFor(stream);
  yield* findingLines(findings, paints);
  if (features.length > 0) {
    yield paints.title("Features of the kernel");
    yield* options.features === "all"
      ? featureLines(features, paints)
      : countLines(features, paints);
    yield "";
  }
  if (obstacle === undefined) {
    yield `${paints.ok(signs.ok)} Tracing works here: try "ts-ebpf trace exec".`;
    return;
  }
  yield `${paints.missing(signs.missing)} Tracing does not work here: ${obstacle.message}`;
  if (obstacle.hint !== undefined) yield `    ${paints.mend(obstacle.hint)}`;
}

const signs = { ok: "✓", limited: "!", missing: "✗", unknown: "?" } as const;

type Paints = { readonly [Name in keyof typeof signs | "title" | "mend" | "dim"]: Paint };

function paintsFor(stream: NodeJS.WriteStream): Paints {
  return {
    ok: paintFor(stream, "green"),
    limited: paintFor(stream, ["bold", "yellow"]),
    missing: paintFor(stream, ["bold", "red"]),
    unknown: paintFor(stream, "yellow"),
    title: paintFor(stream, "bold"),
    mend: paintFor(stream, "cyan"),
    dim: paintFor(stream, "dim"),
  };
}

const groups: readonly { readonly title: string; readonly ids: readonly string[] }[] = [
  { title: "Machine", ids: ["kernel", "architecture", "cpus", "bridge", "btf", "jit"] },
  { title: "Privileges", ids: ["capabilities", "unprivileged", "memlock", "lockdown", "lsm"] },
  { title: "File systems", ids: ["bpffs", "tracefs", "cgroup2"] },
];

function* findingLines(findings: readonly Finding[], paints: Paints): Generator<string, void> {
  const grouped = groups.flatMap(({ ids }) => ids);
  const others = findings.map(({ id }) => id).filter((id) => !grouped.includes(id));
  const width = Math.max(...findings.map(({ title }) => title.length));
  for (const { title, ids } of [...groups, { title: "Other", ids: others }]) {
    const members = findings.filter(({ id }) => ids.includes(id));
    if (members.length === 0) continue;
    yield paints.title(title);
    for (const finding of members) yield* linesOfFinding(finding, paints, width);
    yield "";
  }
}

function* linesOfFinding(finding: Finding, paints: Paints, width: number): Generator<string, void> {
  const { title, status, detail, mend } = finding;
  yield `  ${paints[status](signs[status])} ${title.padEnd(width)}  ${detail}`;
  if (mend !== undefined) yield `      ${paints.mend(`→ ${mend}`)}`;
}

/** Features by the words of the documentation. */
const featureGroups: { readonly [Group in FeatureReport["group"]]: string } = {
  map: "kinds of maps",
  program: "kinds of programs",
  link: "kinds of links",
  helper: "helpers",
  instruction: "instructions",
  system: "other",
};

const featureGroupNames = Object.keys(featureGroups) as FeatureReport["group"][];

function* countLines(features: readonly FeatureReport[], paints: Paints): Generator<string, void> {
  const width = Math.max(...Object.values(featureGroups).map(({ length }) => length));
  for (const group of featureGroupNames) {
    const members = features.filter((feature) => feature.group === group);
    if (members.length > 0) yield countLine(members, paints, featureGroups[group].padEnd(width));
  }
  yield paints.dim("    --features lists them all");
}

function countLine(members: readonly FeatureReport[], paints: Paints, title: string): string {
  const supported = members.filter((feature) => feature.supported === true).length;
  const missing = members.filter((feature) => feature.supported === false);
  const unknown = members.length - supported - missing.length;
  const status = unknown > 0 ? "unknown" : missing.length > 0 ? "limited" : "ok";
  const notes = [
    `${supported} of ${members.length}`,
    ...(missing.length > 0 ? [`without ${missing.map(({ name }) => name).join(", ")}`] : []),
    ...(unknown > 0 ? [`${unknown} could not be tried`] : []),
  ];
  return `  ${paints[status](signs[status])} ${title}  ${notes.join("; ")}`;
}

function* featureLines(
  features: readonly FeatureReport[],
  paints: Paints,
): Generator<string, void> {
  const width = Math.max(...features.map(({ name }) => name.length));
  for (const group of featureGroupNames) {
    yield paints.dim(`  ${featureGroups[group]}`);
    for (const feature of features.filter((one) => one.group === group)) {
      const { name, since, supported, reason } = feature;
      const status = supported === undefined ? "unknown" : supported ? "ok" : "missing";
      const version = `since ${since.join(".")}`.padEnd(11);
      const line = `  ${paints[status](signs[status])} ${name.padEnd(width)}  ${paints.dim(version)}`;
      yield `${line}  ${reason ?? ""}`.trimEnd();
    }
  }
}
