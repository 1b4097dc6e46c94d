/**
 * What `object link` does: read the files, link them, write the result.
 * @module
 */
import { linkObjects } from "ts-ebpf/object";
import type { Context } from "../context.ts";
import { replaceFile } from "../file/replace-file.ts";
import type { LinkOptions } from "./command.ts";
import { plural } from "./contents-text.ts";
import { readObjectFile } from "./read-file.ts";

/**
 * Links the files at `paths`. An older result stays when they cannot be linked.
 * @throws {InvalidArgumentError} when they do not fit together; {@link MalformedError} when one is damaged.
 */
export function linkFiles(
  paths: readonly string[],
  { out, json }: LinkOptions,
  { stdout }: Context,
): void {
  const object = linkObjects(paths.map(readObjectFile));
  replaceFile(out, object);
  const told = { file: out, bytes: object.length, from: paths };
  const text = `${out}: ${object.length.toLocaleString("en")} bytes of ${plural(paths.length, "object")}`;
  stdout.write(`${json === true ? JSON.stringify(told) : text}\n`);
}
