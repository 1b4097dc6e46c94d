/**
 * tracefs: where the kernel lists its tracepoints, wherever it is mounted.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { NotSupportedError } from "../../kernel/errors.ts";
import { type Files, hostFiles } from "../machine/files.ts";
import { mountPoints } from "../machine/mounts.ts";
import { permissionHint } from "../call/permission.ts";

/** A tracepoint by its folder and its name there. */
export interface TracepointName {
  readonly category: string;
  readonly name: string;
}

/**
 * Folder of tracefs, which older systems have inside of debugfs.
 * @throws {NotSupportedError} when it is mounted nowhere, with the command that mounts it.
 */
export function tracefsFolder(files: Files = hostFiles): string {
  const folder = findTracefs(files);
  if (folder !== undefined) return folder;
  throw new NotSupportedError("tracepoints by name: tracefs is not mounted", {
    hint: "mount it: mount -t tracefs tracefs /sys/kernel/tracing",
  });
}

/** The same, or `undefined` when it is mounted nowhere. */
export function findTracefs(files: Files = hostFiles): string | undefined {
  const candidates = [
    ...mountPoints("tracefs", files),
    ...mountPoints("debugfs", files).map((folder) => `${folder}/tracing`),
  ];
  return (
    candidates.find((folder) => files.names(`${folder}/events`) !== undefined) ?? candidates[0]
  );
}

/**
 * Names of the functions that the kernel's function tracer knows, in the order of their addresses.
 * @throws {NotSupportedError} when they are not listed: without tracefs, or CONFIG_DYNAMIC_FTRACE, or not for this user.
 */
export function traceableFunctions(files: Files = hostFiles): readonly string[] {
  const path = `${tracefsFolder(files)}/available_filter_functions`;
  const text = files.text(path);
  if (text === undefined) {
    throw new NotSupportedError(`patterns of functions: ${path} is not there or closed`, {
      hint: "name the functions one by one",
    });
  }
  // Functions of modules are followed by the module's name. What was freed since boot has no name of its own.
  const names = text.split("\n").map((line) => line.replace(/\s.*/, ""));
  return names.filter((name) => name !== "" && !name.startsWith("__ftrace_invalid_address__"));
}

/**
 * Number by which perf events know a tracepoint.
 * @throws {InvalidArgumentError} when there is no such tracepoint, {@link NotSupportedError} without tracefs.
 */
export function tracepointId({ category, name }: TracepointName, files: Files = hostFiles): number {
  const events = `${tracefsFolder(files)}/events`;
  const id = Number(files.text(`${events}/${category}/${name}/id`) ?? Number.NaN);
  if (!Number.isNaN(id)) return id;
  throw unknownTracepoint({ category, name }, events, files);
}

function unknownTracepoint(
  { category, name }: TracepointName,
  events: string,
  files: Files,
): Error {
  const categories = files.names(events);
  if (categories === undefined) {
    const hint = permissionHint(["CAP_PERFMON"], files);
    return new NotSupportedError(`tracepoints by name: ${events} is closed to this user`, { hint });
  }
  const names = files.names(`${events}/${category}`);
  if (names === undefined) {
    return unknown(
      `there are no tracepoints of category "${category}"`,
      didYouMean(category, categories),
    );
  }
  return unknown(`there is no tracepoint "${name}" in "${category}"`, didYouMean(name, names));
}

function unknown(message: string, hint: string | undefined): InvalidArgumentError {
  return new InvalidArgumentError(message, hint === undefined ? {} : { hint });
}
