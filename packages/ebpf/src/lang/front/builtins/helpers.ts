/**
 * Calls of helpers by their signatures: `bpf.ktimeGetNs()`.
 *
 * Arguments are given in the order of the C function, without the sizes of memory, which follow from it. What a helper
 * fills is its result: text and structs are written straight to where they are assigned.
 * @module
 */
import {
  findHelper,
  type HelperParameter,
  type HelperResult,
  type HelperSignature,
} from "../../../helper/helper-signature.ts";
import type { KeyedMapSpec, MapSpec } from "../../../spec/map-spec.ts";
import type { Operand, Value } from "../../ir/operation.ts";
import type { CallSite } from "../call-site.ts";
import { extend } from "../compute.ts";
import { kernelStructOf } from "../context/kernel-types.ts";
import { ownContext } from "../context/own-context.ts";
import { describeEntity } from "../describe.ts";
import {
  bigintScalar,
  type Entity,
  numberScalar,
  type Place,
  type Pointer,
  regions,
  undefinedEntity,
} from "../entity.ts";
import { assertPresent } from "../memory/present.ts";
import { isLayout, layoutType } from "../layout-types.ts";
import { storeZeros } from "../memory/bytes.ts";
import { type CallArgument, callHelper, needsHelper } from "../memory/helper-call.ts";
import { load } from "../memory/load.ts";
import { type DirectPlace, stackPlace } from "../memory/place.ts";
import { textConstant } from "../memory/text-constant.ts";
import { toRegister } from "../scalar.ts";
import { isScalarType, type MemoryType, type TextType, voidType } from "../type.ts";
import { inMemory, placeOf } from "./arguments.ts";
import { isKernelStruct } from "../../builtins/kernel-struct.ts";
import { isMapSpec } from "./globals.ts";
import { mapAddress, optionalPointer, presentWhenZero, status } from "./map-methods.ts";
import { type Callback, callback } from "./callback.ts";
import { shapeOf } from "./callback-shapes.ts";

/** Calls the helper that programs know by this name. */
export function callHelperByName(site: CallSite, camelName: string): Entity {
  const helper = findHelper(camelName);
  if (helper === undefined)
    return site.fail(
      `there is no helper ${camelName}`,
      "its name is that of the kernel in camel case",
    );
  needsHelper(site.lowering, helper);
  return new HelperCall(site, helper).lower();
}

/** One call of a helper. */
class HelperCall {
  readonly #site: CallSite;
  readonly #helper: HelperSignature;
  /** Arguments of the helper so far, by parameter. */
  readonly #given = new Map<HelperParameter, CallArgument>();
  /** Memory given so far, whose size another parameter is. */
  readonly #memory = new Map<string, DirectPlace>();
  #map: MapSpec | undefined;
  /** The map that an object which was given lies in. */
  #holder: MapSpec | undefined;
  #callback: Callback | undefined;
  #next = 0;
  /** What the result fills, once it is known where that is. */
  #filled: { readonly parameter: HelperParameter; readonly type: MemoryType } | undefined;

  constructor(site: CallSite, helper: HelperSignature) {
    this.#site = site;
    this.#helper = helper;
  }

  lower(): Entity {
    for (const parameter of this.#helper.parameters) {
      if (parameter.kind !== "size" || parameter.of === undefined) this.#take(parameter);
    }
    this.#takeFurther();
    if (this.#next < this.#site.count) {
      this.#site.expectArguments(this.#next);
    }
    return this.#filled === undefined ? this.#result(this.#call()) : this.#yielded(this.#filled);
  }

  /** Lowers the argument for a parameter. */
  #take(parameter: HelperParameter): void {
    const { yields } = this.#helper;
    if (yields?.parameter === parameter.name) {
      const type = yields.as === "text" ? defaultText(this.#helper) : this.#layoutArgument();
      this.#filled = { parameter, type };
    } else if (parameter.kind === "flags" && !this.#site.has(this.#next)) {
      this.#next += 1;
      this.#given.set(parameter, 0n);
    } else {
      this.#given.set(parameter, this.#argument(parameter));
    }
  }

  /** Numbers behind the last parameter. */
  #takeFurther(): void {
    if (this.#helper.variadic === undefined) return;
    while (this.#site.has(this.#next)) {
      const parameter = {
        kind: "scalar",
        name: `value ${this.#next}`,
        bits: 64,
        signed: false,
      } as const;
      this.#given.set(parameter, this.#register());
    }
  }

  /** A layout that stands for memory to be filled. */
  #layoutArgument(): MemoryType {
    const site = this.#site;
    const index = this.#next++;
    const entity = site.argument(index);
    const value = entity.kind === "constant" ? entity.value : undefined;
    if (isLayout(value)) return layoutType(value);
    if (isKernelStruct(value))
      return kernelStructOf(site.lowering, value.name, site.argumentNode(index));
    return site.lowering.fail(
      site.argumentNode(index),
      `${describeEntity(entity)} is given where a layout is needed`,
      `${site.name} returns a value of the layout that is given`,
    );
  }

  #argument(parameter: HelperParameter): CallArgument {
    switch (parameter.kind) {
      case "map":
        return this.#mapArgument();
      case "map-key":
        return this.#element(({ key }) => layoutType(key));
      case "map-value":
        return this.#element(({ value }) => layoutType(value));
      case "struct":
      case "pointer":
        return this.#objectArgument();
      case "callback":
        return this.#callbackArgument();
      case "callback-context":
        this.#next += 1;
        return this.#callback?.context ?? 0n;
      case "context":
        return this.#contextArgument();
      case "memory-in":
      case "memory-out":
      case "memory-in-out":
      case "scalar":
      case "flags":
      case "size":
      case "record":
    }
    return "nullable" in parameter ? this.#memoryArgument(parameter) : this.#register();
  }

  /** The context that is given, or the program's own. */
  #contextArgument(): CallArgument {
    if (this.#site.has(this.#next)) return this.#register();
    this.#next += 1;
    return ownContext(this.#site);
  }

  #callbackArgument(): CallArgument {
    const shape = shapeOf(this.#site, this.#helper.name, this.#map ?? this.#holder);
    this.#callback = callback(this.#site, this.#next++, shape);
    return this.#callback.address;
  }

  #register(): Operand {
    const index = this.#next++;
    const site = this.#site;
    return toRegister(site.lowering, site.argument(index), site.argumentNode(index));
  }

  #mapArgument(): CallArgument {
    const index = this.#next++;
    const entity = this.#site.argument(index);
    if (entity.kind === "pointer" && entity.type.inner !== undefined) {
      this.#map = entity.type.inner;
      assertPresent(this.#site.lowering, entity, this.#site.argumentNode(index));
      return entity.operand;
    }
    const spec = entity.kind === "constant" ? entity.value : undefined;
    if (!isMapSpec(spec)) {
      const message = `${describeEntity(entity)} is given where a map is needed`;
      const hint = "give a map from outside of the function, such as hashMap(…)";
      return this.#site.lowering.fail(this.#site.argumentNode(index), message, hint);
    }
    this.#map = spec;
    return mapAddress(this.#site.lowering, spec);
  }

  /** A key or value of the map that was given before. */
  #element(typeOf: (spec: KeyedMapSpec<never, unknown, unknown>) => MemoryType): CallArgument {
    const index = this.#next++;
    const site = this.#site;
    const type = typeOf(this.#map as KeyedMapSpec<never, unknown, unknown>);
    const argument = { entity: site.argument(index), node: site.argumentNode(index) };
    return inMemory(site.lowering, argument, type);
  }

  /** Memory as it is: a place, or constant text. */
  #memoryArgument(
    parameter: Extract<HelperParameter, { kind: "memory-in" | "memory-out" | "memory-in-out" }>,
  ): CallArgument {
    const index = this.#next++;
    const { lowering } = this.#site;
    const node = this.#site.argumentNode(index);
    const entity = this.#site.argument(index);
    if (isNothing(entity) && parameter.nullable) return 0n;
    const place =
      entity.kind === "constant" && typeof entity.value === "string"
        ? textConstant(lowering, entity.value)
        : placeOf(lowering, { entity, node });
    if (place === undefined) {
      const hint = "put it in a struct: Key({ … })";
      return lowering.fail(node, `${describeEntity(entity)} does not lie in memory`, hint);
    }
    this.#memory.set(parameter.name, place);
    return place;
  }

  /** An object of the kernel, or an address: a place that is named is meant where it lies. */
  #objectArgument(): CallArgument {
    const index = this.#next++;
    const site = this.#site;
    const entity = site.argument(index);
    const isObject = entity.kind === "place" && !isScalarType(entity.type);
    if (isObject) this.#holder = entity.map;
    if (isObject && entity.address.kind !== "indexed") return entity as DirectPlace;
    return toRegister(site.lowering, entity, site.argumentNode(index));
  }

  /** Makes the call. */
  #call(): Value {
    const given = this.#helper.parameters.map((parameter) => {
      const argument = this.#given.get(parameter);
      return argument ?? this.#sizeOf(parameter);
    });
    const further = [...this.#given].filter(
      ([parameter]) => !this.#helper.parameters.includes(parameter),
    );
    const operands = [...given, ...further.map(([, argument]) => argument)];
    const isPointer = !["void", "scalar"].includes(this.#helper.result.kind);
    const { lowering } = this.#site;
    const result = callHelper(lowering, this.#helper.name, operands, { pointer: isPointer });
    this.#callback?.finish();
    return result;
  }

  /** Bytes of the memory that a parameter is the size of. */
  #sizeOf(parameter: HelperParameter): Operand {
    if (parameter.kind !== "size" || parameter.of === undefined) return 0n;
    return BigInt(this.#memory.get(parameter.of)?.type.size ?? 0);
  }

  /** Makes the call with the filled memory in its place. */
  #fill(parameter: HelperParameter, place: DirectPlace): Value {
    this.#given.set(parameter, place);
    this.#memory.set(parameter.name, place);
    return this.#call();
  }

  /** What the helper fills, as the result. */
  #yielded({ parameter, type }: { parameter: HelperParameter; type: MemoryType }): Entity {
    const { lowering, node } = this.#site;
    const as = this.#helper.yields!.as;
    if (as === "value" && !isScalarType(type)) {
      return this.#pending(parameter, type, (other) => isSameType(type, other));
    }
    if (as === "text") return this.#pending(parameter, type, (other) => other.kind === "text");
    const place = stackPlace(lowering, type, this.#site.name);
    const result = this.#fill(parameter, place);
    if (as === "optional-value") return optionalValue(presentWhenZero(lowering, result, place));
    return load(lowering, place, node);
  }

  #pending(
    parameter: HelperParameter,
    type: MemoryType,
    fits: (type: MemoryType) => boolean,
  ): Entity {
    const { lowering } = this.#site;
    const fill = (place: Place): void => {
      const direct = place as DirectPlace;
      // What is behind the end of a text counts in keys.
      if (type.kind === "text" && !fillsAll.has(this.#helper.name)) clear(this.#site, direct);
      lowering.at(this.#site.node, () => this.#fill(parameter, direct));
    };
    return { kind: "pending", type, fill, fits };
  }

  #result(operand: Value): Entity {
    const { result } = this.#helper;
    if (result.kind === "void") return undefinedEntity;
    if (result.kind === "scalar") return this.#number(operand, result);
    if (result.kind === "map-value") return this.#elementResult(operand, result);
    if (result.kind === "memory") return optionalPointer(voidType, regions.event, operand);
    return this.#objectResult(operand, result);
  }

  #number(operand: Value, result: Extract<HelperResult, { kind: "scalar" }>): Entity {
    const { bits, signed } = result;
    if (result.status === true) return status(operand);
    if (bits === 64) return bigintScalar(operand, signed);
    return numberScalar(extend(this.#site.lowering, operand, { bits, signed }));
  }

  #elementResult(operand: Value, { nullable }: { readonly nullable: boolean }): Entity {
    const spec = this.#map as KeyedMapSpec<never, unknown, unknown>;
    const pointer = optionalPointer(layoutType(spec.value), regions["map-value"], operand);
    return { ...pointer, type: { ...pointer.type, nullable } };
  }

  #objectResult(
    operand: Value,
    result: Extract<HelperResult, { kind: "per-cpu" | "struct" }>,
  ): Entity {
    const { lowering, node } = this.#site;
    const name = result.kind === "struct" ? result.type : undefined;
    const target = name === undefined ? voidType : kernelStructOf(lowering, name, node);
    const isUapi = name?.startsWith("bpf_") === true;
    const region = isUapi ? regions.socket : regions.kernel;
    return { kind: "pointer", type: { target, region, nullable: result.nullable }, operand };
  }
}

/** What a helper has filled, if it has: a number is one then, and anything else a reference to where it lies. */
function optionalValue(found: Pointer): Pointer {
  if (!isScalarType(found.type.target)) return found;
  return { ...found, type: { ...found.type, standsForValue: true } };
}

/** Helpers that write to all of the memory they are given. */
const fillsAll: ReadonlySet<string> = new Set(["get_current_comm"]);

function clear({ lowering }: CallSite, place: DirectPlace): void {
  if (place.region === regions.stack) storeZeros(lowering, place, 0, place.type.size);
}

/** TASK_COMM_LEN of include/linux/sched.h. */
const commBytes = 16;
/** What other texts get where nothing says how long they may be. */
const textBytes = 128;

function defaultText({ name }: HelperSignature): TextType {
  const size = name === "get_current_comm" ? commBytes : textBytes;
  return { kind: "text", name: `char[${size}]`, size, alignment: 1 };
}

function isSameType(left: MemoryType, right: MemoryType): boolean {
  return left === right || (left.name === right.name && left.size === right.size);
}

function isNothing(entity: Entity): boolean {
  return entity.kind === "constant" && (entity.value === undefined || entity.value === null);
}
