/**
 * Questions about the kernel: whether a member exists, the value of an enumerator.
 *
 * When compiling for the kernel the program is loaded into, the answers are constants, and code for other kernels is
 * left out. Compiling for any kernel, they are relocations.
 * @module
 */
import { BpfError } from "../../../base/errors.ts";
import { enumValue, exists } from "../../builtins/kernel-facts.ts";
import type { CallSite } from "../call-site.ts";
import { btfOf } from "../context/kernel-types.ts";
import { describeEntity } from "../describe.ts";
import { bigintScalar, booleanScalar, constant, type Entity, numberScalar } from "../entity.ts";
import { valueOf } from "../scalar.ts";
import type { StructType } from "../type.ts";

/** Functions that ask the kernel. */
export const kernelFacts: ReadonlyMap<unknown, (site: CallSite) => Entity> = new Map<
  unknown,
  (site: CallSite) => Entity
>([
  [exists, memberExists],
  [enumValue, valueOfEnumerator],
]);

function memberExists(site: CallSite): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const node = site.argumentNode(0);
  if (node.type !== "MemberExpression" || node.property.type !== "Identifier" || node.computed) {
    return site.fail("exists takes a member of a kernel struct", "write exists(task.loginuid)");
  }
  const object = valueOf(lowering, lowering.expression(node.object), node.object);
  const type = structOf(object);
  if (type === undefined) {
    const hint = "exists asks for a member of an object of the kernel: exists(task.loginuid)";
    return site.fail(`${describeEntity(object)} is no struct of the kernel`, hint);
  }
  const { name } = node.property;
  // Of a member that these types lack nothing is known, so that what uses it cannot be compiled either.
  if (type.field(name) === undefined) return constant(false);
  if (!lowering.program.target.portable || type.kernelName === undefined) return constant(true);
  const field = { struct: type.kernelName, path: [name] };
  const operand = lowering.builder.define({
    kind: "core-constant",
    core: { kind: "field-exists", field },
    value: 1n,
  });
  return booleanScalar(operand);
}

function structOf(object: Entity): StructType | undefined {
  if (object.kind === "pointer" && object.type.target.kind === "struct") return object.type.target;
  return object.kind === "place" && object.type.kind === "struct" ? object.type : undefined;
}

function valueOfEnumerator(site: CallSite): Entity {
  site.expectArguments(1);
  const { lowering } = site;
  const entity = site.argument(0);
  if (entity.kind !== "constant" || typeof entity.value !== "string") {
    const hint = 'write enumValue("TCP_ESTABLISHED")';
    return site.fail("enumValue takes the name of an enumerator as a constant text", hint);
  }
  const btf = btfOf(lowering, site.node);
  const name = entity.value;
  try {
    const value = btf.enumValue(name);
    const [holder] = btf.enumsWith(name);
    const type = holder === undefined ? "" : btf.typeById(holder).name;
    if (!lowering.program.target.portable || type === "") return constant(value);
    const operand = lowering.builder.define({
      kind: "core-constant",
      core: { kind: "enum-value", type, name },
      value: BigInt(value),
    });
    return typeof value === "bigint" ? bigintScalar(operand) : numberScalar(operand);
  } catch (error) {
    if (!(error instanceof BpfError)) throw error;
    return site.fail(
      error.message,
      error.hint ?? "types of a kernel are shown by ts-ebpf btf dump",
    );
  }
}
