/**
 * Addresses taken for objects of the kernel.
 * @module
 */
import { kernelObject } from "../../builtins/kernel-object.ts";
import { isKernelStruct } from "../../builtins/kernel-struct.ts";
import type { CallSite } from "../call-site.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import { type Entity, regions } from "../entity.ts";
import { toRegister } from "../scalar.ts";

/** `kernelObject(kernel.task_struct, address)`. */
export const objectFunctions: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([[kernelObject, objectOf]]);

function objectOf(site: CallSite): Entity {
  site.expectArguments(2);
  const { lowering } = site;
  const struct = site.argument(0);
  const name = struct.kind === "constant" && isKernelStruct(struct.value) && struct.value.name;
  if (name === false)
    return site.fail(
      "kernelObject takes a struct of the kernel",
      "write kernelObject(kernel.file, address)",
    );
  const target = kernelStructOf(lowering, name, site.argumentNode(0));
  const operand = toRegister(lowering, site.argument(1), site.argumentNode(1));
  return { kind: "pointer", type: { target, region: regions.untracked, nullable: false }, operand };
}
