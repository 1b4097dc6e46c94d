/**
 * Methods of strings.
 * @module
 */
import type { CallSite } from "../call-site.ts";
import { select } from "../compute.ts";
import { booleanScalar, constant, type Entity } from "../entity.ts";
import { branchOnText, isText } from "../memory/text.ts";
import { whenCompiling } from "../when-compiling.ts";
import { settle } from "../memory/settle.ts";

/** Methods of text in memory and of text constants. */
export function textMethods(
  receiver: Entity,
  name: string,
): ((site: CallSite) => Entity) | undefined {
  if (receiver.kind === "constant" && typeof receiver.value === "string") return ofConstant;
  const isString =
    isText(receiver) || (receiver.kind === "pending" && receiver.type.kind === "text");
  return isString && name === "startsWith" ? startsWith : undefined;
}

/** Methods of constants are called when compiling. */
function ofConstant(site: CallSite): Entity {
  const given = site.arguments().map((entity) => {
    if (entity.kind === "constant") return entity.value;
    const hint = "compare it with ===, or keep the text in memory";
    return site.fail(`${site.name} of a constant takes constants only`, hint);
  });
  const method = (site.callee as Record<string, unknown>)[site.name];
  if (typeof method !== "function") {
    return site.fail(`strings have no method "${site.name}"`, "they have those of JavaScript");
  }
  const called = (): unknown => Reflect.apply(method, site.callee, given);
  return constant(whenCompiling(site.lowering, site.node, called));
}

function startsWith(site: CallSite): Entity {
  const { lowering } = site;
  site.expectArguments(1);
  const prefix = site.argument(0);
  if (prefix.kind !== "constant" || typeof prefix.value !== "string") {
    return site.fail("startsWith takes a constant text", "send both texts to user space");
  }
  const receiver = site.receiver && settle(lowering, site.receiver);
  if (receiver === undefined || !isText(receiver))
    return site.fail("this is no text", "startsWith is a method of strings");
  const [yes, no] = [lowering.flowEnd(), lowering.flowEnd()];
  const question = { place: receiver, text: prefix.value, whole: false };
  branchOnText(lowering, question, { then: yes, else: no });
  if (yes.facts === undefined) return (lowering.enter(no), constant(false));
  if (no.facts === undefined) return (lowering.enter(yes), constant(true));
  return booleanScalar(
    select(lowering, "startsWith", [
      { from: yes, value: () => 1n },
      { from: no, value: () => 0n },
    ]),
  );
}
