/**
 * Version of the running kernel, with the patch level of the sources it was built from.
 *
 * `uname -r` does not tell that everywhere: Debian's `6.1.0-18-amd64` is 6.1.76 and Ubuntu's `5.15.0-91-generic` is
 * 5.15.131. Each says so in a place of its own, which is asked first.
 * @module
 */
import { release } from "node:os";
import { type KernelVersion, parseVersion } from "../../kernel/feature.ts";
import { type Files, hostFiles } from "./files.ts";

/** Version of the running kernel; `uname -r` where no better source is there. */
export function readVersion(
  files: Files = hostFiles,
  releaseName: string = release(),
): KernelVersion {
  return (
    ubuntuVersion(files.text("/proc/version_signature") ?? "") ??
    debianVersion(files.text("/proc/version") ?? "") ??
    parseVersion(releaseName) ?? [0, 0, 0]
  );
}

/** From `Ubuntu 5.15.0-91.101-generic 5.15.131`: the last word is the version upstream. */
function ubuntuVersion(signature: string): KernelVersion | undefined {
  const words = signature.trim().split(" ");
  return words.length === 3 ? parseVersion(words[2]!) : undefined;
}

/** From `Linux version 6.1.0-18-amd64 (…) #1 SMP … Debian 6.1.76-1 (2024-02-01)`: the package's version. */
function debianVersion(version: string): KernelVersion | undefined {
  const match = / Debian (\d+\.\d+(?:\.\d+)?)/.exec(version);
  return match === null ? undefined : parseVersion(match[1]!);
}
