/**
 * Completes package-lock.json: `npm run lock`, after `npm install` has changed it.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../test/node.ts";
import { complete, type LockedPackages, missingEntries } from "./lock.ts";

const path = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: LockedPackages };
const count = Object.keys(missingEntries(lock.packages)).length;
if (count > 0) {
  const completed = { ...lock, packages: complete(lock.packages) };
  writeFileSync(path, `${JSON.stringify(completed, undefined, 2)}\n`);
}
console.log(`package-lock.json: ${count} entries added`);
