/**
 * Links by which structs of functions are registered (kernel/bpf/bpf_struct_ops.c).
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import type { Meanings } from "../../kernel/failure.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf, SimulatedHandle } from "../object.ts";
import { isReady, StructOpsLink } from "../struct-ops/struct-ops-link.ts";

const meanings: Meanings = {
  EINVAL: { reason: "the struct is not written, not for links, or the link is detached" },
  EEXIST: { reason: "one of its name is registered already" },
  EPERM: { kind: "busy", reason: "the link does not have the struct it was expected to" },
  EOPNOTSUPP: { feature: "registering or replacing structs of this type" },
};

/** The link of a struct of functions behind a handle; `undefined` for others. */
export function structOpsLinkOf(link: Handle): StructOpsLink | undefined {
  const { object } = link as SimulatedHandle;
  return object instanceof StructOpsLink ? object : undefined;
}

/** Registers the struct of a map. */
export function linkStructOps(core: Core, map: SimulatedMap): Handle {
  const result = isReady(map) ? core.structOps.add(map) : failed.invalid;
  core.check(result, "linkCreate", () => ({
    text: `register the struct of ${map.label}`,
    meanings,
  }));
  return new SimulatedHandle(core.links.add(new StructOpsLink(core, map)));
}

/** Puts the struct of another map in the place of the one that a link has. */
export function updateStructOps(
  core: Core,
  link: StructOpsLink,
  { newProg, oldProg }: { readonly newProg: Handle; readonly oldProg?: Handle | undefined },
): void {
  const map = objectOf(newProg, SimulatedMap);
  const result = link.update(map, oldProg && objectOf(oldProg, SimulatedMap));
  core.check(result, "linkUpdate", () => ({
    text: `make ${link.label} that of ${map.label}`,
    meanings,
  }));
}

/** Takes the struct of a link back. */
export function detachStructOps(core: Core, link: StructOpsLink): void {
  core.check(link.detach(), "linkDetach", () => ({ text: `detach ${link.label}`, meanings }));
}
