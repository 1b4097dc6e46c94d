/**
 * What the options of AF_XDP sockets can be. Sizes that depend on each other are looked at where they are used.
 * @module
 */
import {
  type Check,
  type Checks,
  isAnything,
  isListOf,
  isObject,
  isWhole,
  isWord,
} from "../base/checks.ts";
import { xdpModes } from "../spec/program-spec.ts";
import type { XdpInterfaceOptions, XdpSocketGroupOptions, XdpSocketOptions } from "./open.ts";
import type { RedirectOptions } from "./redirect.ts";
import type { UmemOptions } from "./umem.ts";

const isQueue: Check = isWhole({ most: 0xffff });

/** Of memory for packets. */
export const umemChecks: Checks<UmemOptions> = {
  frames: isWhole({ least: 1 }),
  frameBytes: isWhole({ least: 1 }),
  headroomBytes: isWhole(),
};

const interfaceChecks: Checks<XdpInterfaceOptions> = {
  ...umemChecks,
  // A name or a number: `interfaceIndexOf` looks at it.
  interface: isAnything,
  mode: isAnything,
  wakeUp: isWord(["when-needed", "always"]),
  rings: isObject,
  umem: isObject,
  receiveFrames: isWhole(),
  // A map, or a word.
  map: isAnything,
  attachMode: isWord(xdpModes),
};

/** Of a socket. */
export const socketChecks: Checks<XdpSocketOptions> = { ...interfaceChecks, queue: isQueue };

/** Of several sockets. */
export const groupChecks: Checks<XdpSocketGroupOptions> = {
  ...interfaceChecks,
  queues: isListOf(isQueue),
};

/** Of a program that sends packets to sockets. */
export const redirectChecks: Checks<RedirectOptions> = {
  interface: isAnything,
  attachMode: isWord(xdpModes),
  queues: isWhole({ least: 1, most: 0xffff }),
};
