/**
 * Files of /proc and /sys, by path, for reading what the kernel tells about itself.
 *
 * Everything that looks at the machine does so through {@link Files}, so that its tests can show it another machine.
 * Nothing here throws: what cannot be read is `undefined`.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";

/** Text files and folders of one machine. */
export interface Files {
  /** Contents of the file, or `undefined` when it cannot be read. */
  readonly text: (path: string) => string | undefined;
  /** Names in the folder, or `undefined` when it cannot be read. */
  readonly names: (path: string) => readonly string[] | undefined;
}

/** The files of this machine. */
export const hostFiles: Files = {
  text: (path) => attempt(() => readFileSync(path, "utf8")),
  names: (path) => attempt(() => readdirSync(path)),
};

/** What `read` returns, or `undefined` when it throws. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
