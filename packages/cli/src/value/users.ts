/**
 * Users: between their names and their numbers.
 *
 * Names come from /etc/passwd alone, which is read when the first one is asked for. Users of a directory service are
 * known by number only; asking for them would mean to start another program.
 * @module
 */
import { readFileSync } from "node:fs";

/** Names of users, and back. */
export interface Users {
  /** The name of the user with this number, if it is known. */
  nameOf(uid: number): string | undefined;
  /** The number of the user with this name, if it is known. */
  uidOf(name: string): number | undefined;
}

/** Users in the form of passwd(5). Where several share a number, the first one gives the name. */
export function parsePasswd(text: string): Users {
  const names = new Map<number, string>();
  const uids = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", , uid = ""] = line.split(":");
    if (name === "" || name.startsWith("#") || !/^\d+$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
    if (!uids.has(name)) uids.set(name, Number(uid));
  }
  return { nameOf: (uid) => names.get(uid), uidOf: (name) => uids.get(name) };
}

let known: Users | undefined;

/** The users of this machine; none where there is no /etc/passwd. */
export function machineUsers(): Users {
  known ??= parsePasswd(readPasswd());
  return known;
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}
