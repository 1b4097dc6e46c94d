/**
 * Packages of Debian releases other than this machine's, without touching how this machine is set up.
 *
 * apt is pointed at lists, caches and settings in a folder of ours. It resolves what to fetch and checks signatures;
 * nothing is installed, packages are unpacked into folders.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../../packages/ebpf/src/base/assert.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Some releases, seen by an apt of their own. */
export class Releases {
  readonly #folder: string;
  readonly #names: readonly string[];
  #updated = false;

  /** `names` are those of releases: `bookworm`, `bullseye-security`. Lists and packages are kept below `cache`. */
  constructor(cache: string, ...names: readonly string[]) {
    this.#folder = join(cache, "apt", names.join("+"));
    this.#names = names;
  }

  /** Names of packages that match a regular expression of apt. */
  search(pattern: string): readonly string[] {
    const found = this.#run("apt-cache", ["search", "--names-only", pattern]);
    return found.split("\n").flatMap((line) => line.split(" ")[0] || []);
  }

  /** What a package depends on. */
  dependencies(name: string): readonly string[] {
    const found = this.#run("apt-cache", ["depends", name]);
    return Array.from(found.matchAll(/^ {2}Depends: (\S+)$/gm), ([, dependency]) => dependency!);
  }

  /** Fetches one package; returns its file. */
  download(name: string): string {
    const target = join(this.#folder, "packages", name);
    const fetched = (): string | undefined => globSync("*.deb", { cwd: target })[0];
    if (fetched() === undefined) {
      mkdirSync(target, { recursive: true });
      this.#run("apt-get", ["download", "-qq", name], target);
    }
    return join(target, fetched()!);
  }

  /** Fetches packages of the last release named, with all they need that this machine does not have. */
  downloadAll(names: readonly string[]): readonly string[] {
    const release = this.#names.at(-1)!;
    this.#run("apt-get", ["install", "-y", "-qq", "--download-only", "-t", release, ...names]);
    const archives = join(this.#folder, "cache/archives");
    return globSync("*.deb", { cwd: archives }).map((file) => join(archives, file));
  }

  #run(tool: "apt-get" | "apt-cache", words: readonly string[], folder = this.#folder): string {
    if (!this.#updated) this.#update();
    return this.#apt(tool, words, folder);
  }

  #update(): void {
    for (const part of ["lists/partial", "cache/archives/partial", "etc"])
      mkdirSync(join(this.#folder, part), { recursive: true });
    const sources = this.#names.map((name) => {
      const from = mirrorOf(name.endsWith("-security") ? "security" : "main");
      return `deb [signed-by=${keyring}] ${from} ${name} main\n`;
    });
    writeFileSync(join(this.#folder, "etc/sources.list"), sources.join(""));
    this.#updated = true;
    this.#apt("apt-get", ["update", "-qq"], this.#folder);
  }

  #apt(tool: string, words: readonly string[], folder: string): string {
    const settings = {
      "Dir::Etc::SourceList": join(this.#folder, "etc/sources.list"),
      "Dir::Etc::SourceParts": "/dev/null",
      "Dir::Etc::Preferences": "/dev/null",
      "Dir::Etc::PreferencesParts": "/dev/null",
      "Dir::State::Lists": join(this.#folder, "lists"),
      "Dir::Cache": join(this.#folder, "cache"),
      "Dir::Cache::archives": join(this.#folder, "cache/archives"),
      "Acquire::Languages": "none",
      "APT::Install-Recommends": "false",
      "APT::Sandbox::User": "root",
      "Debug::NoLocking": "1",
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    return execFileSync(tool, [...options, ...words], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  }
}

/** Where this machine gets its own packages, or its security updates, from: there the other releases are too. */
function mirrorOf(kind: "main" | "security"): string {
  const words = ["indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"];
  const targets = execFileSync("apt-get", words, { encoding: "utf8" }).trim().split("\n");
  const sites = targets.map((line) => line.split(" "));
  const found = sites.find(([, release]) => /security/.test(release!) === (kind === "security"));
  const [site] = found ?? sites[0]!;
  assert(site !== undefined && site !== "", "apt has no sources here; guests need Debian's");
  return site;
}

/** Unpacks packages into `target`, once; they are fetched only for that. */
export function unpack(fetch: () => readonly string[], target: string): void {
  const done = join(target, ".unpacked");
  if (existsSync(done)) return;
  mkdirSync(target, { recursive: true });
  for (const file of fetch()) execFileSync("dpkg-deb", ["-x", file, target]);
  writeFileSync(done, "");
}
