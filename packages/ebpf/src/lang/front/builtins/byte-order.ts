/**
 * Between network and host order: `ntohs(eth.h_proto)`, `htonl(address)`.
 * @module
 */
import { htonl, htonll, htons, ntohl, ntohll, ntohs } from "../../builtins/byte-order.ts";
import { evaluateSwap } from "../../ir/evaluate.ts";
import type { CallSite } from "../call-site.ts";
import { swap } from "../compute.ts";
import { describeEntity } from "../describe.ts";
import { bigintScalar, constant, type Entity, numberScalar } from "../entity.ts";
import { toScalar } from "../scalar.ts";

type Bits = 16 | 32 | 64;

/** Functions of byte order. */
export const byteOrderFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [ntohs, (site) => toHost(site, 16)],
  [ntohl, (site) => toHost(site, 32)],
  [ntohll, (site) => toHost(site, 64)],
  [htons, (site) => toNetwork(site, 16)],
  [htonl, (site) => toNetwork(site, 32)],
  [htonll, (site) => toNetwork(site, 64)],
]);

/** Takes what is in network order, or a number that only the writer knows to be. */
function toHost(site: CallSite, bits: Bits): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const entity = site.argument(0);
  const value = toScalar(lowering, entity, site.argumentNode(0));
  const { type, operand } = value;
  if (type.kind === "boolean" || (type.kind === "network" && type.bits !== bits)) {
    const message = `${site.name} swaps ${bits} bits, and is given ${describeEntity(value)}`;
    return site.fail(message, "ntohs and htons are for 16 bits, ntohl for 32, ntohll for 64");
  }
  const swapped = swap(lowering, operand, bits);
  if (entity.kind === "constant") return constant(bits === 64 ? swapped : Number(swapped));
  return bits === 64 ? bigintScalar(swapped) : numberScalar(swapped);
}

function toNetwork(site: CallSite, bits: Bits): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const value = toScalar(lowering, site.argument(0), site.argumentNode(0));
  const { type, operand } = value;
  const wanted = bits === 64 ? "bigint" : "number";
  if (type.kind !== wanted) {
    const message = `${site.name} takes a ${wanted}, and is given ${describeEntity(value)}`;
    return site.fail(message, "htons and htonl take numbers, htonll a bigint");
  }
  const swapped =
    typeof operand === "bigint" ? evaluateSwap(bits, operand) : swap(lowering, operand, bits);
  return { kind: "scalar", type: { kind: "network", bits }, operand: swapped };
}
