/**
 * What the kernel has loaded: lists of it, its contents, who holds it, and how often it runs.
 * @module
 */
export { btfObjects, links, maps, programs } from "./enumerate.ts";
export { openLink, openMap, openProgram, readBtfObject } from "./open.ts";
export { type Pin, pins } from "./pins.ts";
export {
  type MachineBlock,
  type MachineFunction,
  type ProgramCode,
  readProgramCode,
} from "./program-code.ts";
export { enableStatistics } from "./statistics.ts";
export { type Holder, type Numbered, readHolders } from "../sys/machine/holders.ts";
