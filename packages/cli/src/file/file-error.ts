/**
 * Errors of files in words: what could not be done with which file, and why.
 *
 * What the operating system says names the file not always, and never in words; errors that are not about the file that was
 * named stay what they are.
 * @module
 */
import { InvalidArgumentError } from "ts-ebpf";

/** What was tried. */
export interface FileAttempt {
  readonly action: "read" | "write";
  readonly path: string;
  /** What to do when there is no such file. */
  readonly hint?: string;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "this user may not",
  EEXIST: "a part of its path is a file",
  EISDIR: "it is a folder",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "its name is too long",
  ENOENT: "there is no such folder",
  ENOSPC: "no space is left",
  ENOTDIR: "a part of its path is a file",
  EPERM: "the system does not allow it",
  EROFS: "its file system is only for reading",
};

/** `error` in words; anything else than an error of the file system as it is. */
export function fileError(error: unknown, { action, path, hint }: FileAttempt): unknown {
  const { code = "" } = error as { readonly code?: string };
  const reason = reasons[code];
  if (reason === undefined || !(error instanceof Error)) return error;
  if (action === "write" || code !== "ENOENT") {
    return new InvalidArgumentError(`cannot ${action} ${path}: ${reason}`, { cause: error });
  }
  const options = hint === undefined ? { cause: error } : { cause: error, hint };
  return new InvalidArgumentError(`there is no file ${path}`, options);
}
