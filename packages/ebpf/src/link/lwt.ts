/**
 * Attaching to routes: the route is added with the program, and removed with it.
 *
 * A route belongs to nobody: it stays when the process ends without closing.
 * @module
 */
import { assertText, assertWhole } from "../base/arguments.ts";
import { isObject } from "../base/checks.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { Route, Tunnel } from "../kernel/network.ts";
import { interfaceIndexOf } from "../kernel/interface-index.ts";
import { parseIpv4 } from "../layout/address/ipv4.ts";
import { parseIpv6 } from "../layout/address/ipv6.ts";
import { assertProgram, type Program } from "../program/program.ts";
import type { LwtRoute, LwtTime } from "../spec/network-target.ts";
import { Link } from "./link.ts";

/**
 * Adds a route whose packets run `program`, which is one of a type `lwt_…`; closing removes it. Minimum kernel 4.10, for
 * `lwt_seg6local` 4.18. Privileges: CAP_NET_ADMIN in the network namespace.
 * @throws {NotFoundError} when there is no such interface; {@link ExistsError} when there is such a route.
 * @throws {InvalidArgumentError} for a destination that is no network, or a program that is not for routes.
 */
export function attachLwt(program: Program, route: LwtRoute): Link {
  assertProgram(program);
  isObject(route, "the route");
  const { kernel } = program;
  const { headroom } = route;
  if (headroom !== undefined)
    assertWhole(headroom, "the headroom of a route", { most: mostHeadroom });
  const tunnel = tunnelOf(program, route);
  const wanted = routeOf(program, route);
  using stack = new DisposableStack();
  kernel.network.addRoute(wanted, tunnel);
  stack.defer(() => void kernel.network.removeRoute(wanted));
  const handle = program.handle.duplicate();
  const target = `the route to ${route.destination}`;
  return new Link({ kernel, kind: "route", target, handle, more: stack.move() });
}

/** LWT_BPF_MAX_HEADROOM of include/uapi/linux/lwtunnel.h. */
const mostHeadroom = 256;

function tunnelOf(program: Program, { headroom }: LwtRoute): Tunnel {
  const when = /^lwt_(.*)$/.exec(program.type)?.[1] as LwtTime | undefined;
  if (when === undefined) {
    throw new InvalidArgumentError(`program "${program.name}" is of type ${program.type}`, {
      hint: 'a route takes programs that are made with lwt("out", …) and the like',
    });
  }
  // The kernel wants a name, and has no use for it.
  const named = { program: program.handle, name: program.name || "program" };
  if (when === "seg6local") return { kind: "seg6local", program: named };
  return { kind: "bpf", programs: { [when]: named }, headroom };
}

function routeOf({ kernel }: Program, { destination, gateway, table, ...route }: LwtRoute): Route {
  assertText(destination, "the destination of a route");
  const [text = "", ...behind] = destination.split("/");
  const address = bytesOf(text);
  const prefixLength = behind.length === 0 ? 8 * address.length : lengthIn(behind.join("/"));
  assertNetwork(destination, address, prefixLength);
  if (table !== undefined)
    assertWhole(table, "the table of a route", { least: 1, most: 2 ** 32 - 1 });
  return {
    destination: { address, prefixLength },
    interface: interfaceIndexOf(kernel, route.interface),
    gateway: gateway === undefined ? undefined : bytesOf(gateway),
    table,
  };
}

/** The number in a text of digits and nothing else: what `Number` makes of an empty text, or of spaces, is not meant. */
function lengthIn(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** The bytes of an address of either kind. */
function bytesOf(text: string): Uint8Array {
  if (text.includes(":")) return parseIpv6(text);
  const address = parseIpv4(text);
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}

/** @throws {InvalidArgumentError} when the length is none, or bits behind it are set. */
function assertNetwork(text: string, address: Uint8Array, prefixLength: number): void {
  const most = 8 * address.length;
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > most) {
    const hint = `give the number of bits behind the slash, 0 to ${most}`;
    throw new InvalidArgumentError(`"${text}" is not a network`, { hint });
  }
  const isSet = (bit: number): boolean => (address[bit >> 3]! & (0x80 >> (bit & 7))) !== 0;
  const behind = Array.from({ length: most - prefixLength }, (_, index) => prefixLength + index);
  if (!behind.some(isSet)) return;
  throw new InvalidArgumentError(`"${text}" has bits behind the first ${prefixLength}`, {
    hint: `leave out the length for a single address, or set those bits to zero`,
  });
}
