/**
 * A user on the command line, by number or name.
 * @module
 */
import { InvalidArgumentError } from "commander";
import { machineUsers, type Users } from "./users.ts";

/** Largest user id; the one above it means "nobody in particular" to the kernel. */
const uidMax = 2 ** 32 - 2;

/**
 * The number of a user given by number or name.
 * @throws {InvalidArgumentError} of commander, when there is no such user.
 */
export function parseUser(text: string, users: Users = machineUsers()): number {
  if (/^\d+$/.test(text) && Number(text) <= uidMax) return Number(text);
  const uid = users.uidOf(text);
  if (uid !== undefined) return uid;
  throw new InvalidArgumentError("There is no user of that name in /etc/passwd.");
}
