/**
 * Guards: `using guard = lock(value.lock)`, `using section = rcuRead()`.
 * @module
 */
import { lock, rcuRead } from "../../builtins/guards.ts";
import type { CallSite } from "../call-site.ts";
import { describeEntity } from "../describe.ts";
import type { Entity } from "../entity.ts";
import { call, callHelper } from "../memory/helper-call.ts";
import { addressOf, type DirectPlace } from "../memory/place.ts";

/** Functions that open a section which ends with its scope. */
export const guardFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [lock, takeLock],
  [rcuRead, openSection],
]);

function takeLock(site: CallSite): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const entity = site.argument(0);
  const isLock = entity.kind === "place" && entity.type.name === "struct bpf_spin_lock";
  if (!isLock || entity.address.kind === "indexed") {
    return site.fail(`${describeEntity(entity)} is no spin lock`, "its layout is spinLock");
  }
  // The address that was locked is the one to unlock: the verifier compares.
  const address = addressOf(lowering, entity as DirectPlace);
  callHelper(lowering, "spin_lock", [address]);
  return {
    kind: "special",
    description: "a held lock",
    dispose: (lowering) => void callHelper(lowering, "spin_unlock", [address]),
  };
}

function openSection(site: CallSite): Entity {
  site.expectArguments(0);
  const { btf } = site.lowering.program.target;
  if (btf?.findByName("bpf_rcu_read_lock", "func") === undefined) {
    const hint = "leave it out in programs that do not sleep: all of one is such a section";
    site.lowering.needsLinux([6, 2], "rcuRead", hint);
  }
  call(site.lowering, { kind: "kfunc", name: "bpf_rcu_read_lock" }, []);
  return {
    kind: "special",
    description: "a section of RCU",
    dispose: (lowering) => void call(lowering, { kind: "kfunc", name: "bpf_rcu_read_unlock" }, []),
  };
}
