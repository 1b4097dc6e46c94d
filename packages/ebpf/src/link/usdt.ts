/**
 * Attaching to USDT probes.
 *
 * A probe may have been put into the code at several sites, each with its arguments elsewhere. Every site gets a probe of
 * its own, with a cookie that is the index of the site's description in a map; the program looks it up there. Programs that
 * were made for kernels without cookies find the index by the site's address.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import { didYouMean } from "../base/text.ts";
import type { ElfFile } from "../elf/elf.ts";
import { readElf } from "../elf/read.ts";
import { readUsdtProbes, type UsdtProbe } from "../elf/usdt.ts";
import type { UprobeRequest } from "../kernel/perf-event.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { UsdtTarget } from "../spec/program-spec.ts";
import { usdtSites, usdtSpecs } from "../spec/usdt-map.ts";
import { assertTarget } from "./assert-target.ts";
import type { AttachableMaps } from "./attach.ts";
import { libraryPath } from "./library-path.ts";
import type { Link } from "./link.ts";
import { joinLinks } from "./perf-event.ts";
import { attachProbe } from "./probe.ts";
import { encodeUsdtSite } from "./usdt-site.ts";
import { UsdtTables } from "./usdt-tables.ts";

/**
 * Runs `program` at all sites of a USDT probe. `maps` are those of the program: where it finds its arguments. Minimum
 * kernel 4.17, for probes with a semaphore 4.20. Privileges: CAP_PERFMON (CAP_SYS_ADMIN before 5.8).
 * @throws {InvalidArgumentError} when the file has no such probe, or an argument is somewhere nobody can read it from.
 * @throws {NotFoundError} when there is no such file.
 * @throws {NotSupportedError} when a kernel without cookies (before 5.15) cannot tell the sites apart.
 */
export function attachUsdt(program: Program, target: UsdtTarget, maps: AttachableMaps): Link {
  assertProgram(program);
  assertTarget(target, ["usdt"]);
  const { kernel } = program;
  const path = libraryPath(kernel, target);
  const file = readElf(kernel.readFile(path), path);
  const sites = findSites(file, target);
  const label = `USDT probe ${path}:${sites[0]!.provider}:${target.name}`;
  const tables = tablesOf(kernel, maps);
  using stack = new DisposableStack();
  const links = sites.map((site) => {
    const cookie = tables && describeSite(tables, file, site, target.cookie);
    const { offset, semaphoreOffset: counterOffset } = site;
    const { pid } = target;
    const request: UprobeRequest = { kind: "uprobe", path, offset, pid, counterOffset };
    return stack.use(attachProbe(program, request, { label, cookie }));
  });
  return joinLinks(program, label, links, stack);
}

function describeSite(
  tables: UsdtTables,
  file: ElfFile,
  site: UsdtProbe,
  cookie = 0n,
): bigint | undefined {
  const { layout } = tables;
  return tables.add(site, encodeUsdtSite(file, site, { cookie, layout }));
}

/** The tables of the program's collection; none when its program does not look at arguments. */
function tablesOf(kernel: Kernel, maps: AttachableMaps): UsdtTables | undefined {
  const specs = maps.get(usdtSpecs.name);
  if (specs === undefined) return undefined;
  return UsdtTables.of(kernel, { specs, sites: maps.get(usdtSites.name) });
}

function findSites(file: ElfFile, { provider, name }: UsdtTarget): readonly UsdtProbe[] {
  const probes = readUsdtProbes(file);
  const sites = probes.filter(
    (it) => it.name === name && (provider === "" || it.provider === provider),
  );
  if (sites.length > 0) return sites;
  const wanted = provider === "" ? name : `${provider}:${name}`;
  const names = probes.map((it) => (provider === "" ? it.name : `${it.provider}:${it.name}`));
  const hint =
    probes.length === 0
      ? "it has no USDT probes at all"
      : (didYouMean(wanted, names) ?? someOf(names));
  throw new InvalidArgumentError(`${file.path} has no USDT probe "${wanted}"`, { hint });
}

function someOf(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const more = unique.length > 8 ? ` and ${unique.length - 8} others` : "";
  return `it has ${unique.slice(0, 8).join(", ")}${more}`;
}
