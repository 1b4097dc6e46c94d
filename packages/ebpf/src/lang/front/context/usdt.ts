/**
 * USDT probes: arguments that are found at run time.
 *
 * Where an argument of the site lies says a description in a map (`spec/usdt-map.ts`), which is looked up when the program
 * starts. What is made here reads a register out of the context, or memory of the process behind it, and extends the
 * number to 64 bits.
 * @module
 */
import type { Expression } from "@oxc-project/types";
import type { AttachTarget } from "../../../spec/program-spec.ts";
import {
  mostUsdtArguments,
  usdtArgumentKinds as kinds,
  usdtSiteCount,
  usdtSites,
  usdtSpecLayout as layout,
  usdtSpecs,
} from "../../../spec/usdt-map.ts";
import type { KernelMapSpec } from "../../../spec/map-spec.ts";
import type { AccessBytes, Operand, Value } from "../../ir/operation.ts";
import { mapAddress } from "../builtins/map-methods.ts";
import { branch, compute, select } from "../compute.ts";
import { bigintScalar, type Entity, regions, type Special } from "../entity.ts";
import { member } from "../expression/member.ts";
import { layoutType } from "../layout-types.ts";
import type { Lowering } from "../lowering.ts";
import { callHelper } from "../memory/helper-call.ts";
import { asValue, stackPlace } from "../memory/place.ts";
import { loadWord } from "../memory/load.ts";
import { registersType } from "./probe.ts";
import { type ContextSite, contextPointer, type Parameter } from "./site.ts";
import { u32, u64 } from "../../../layout/integer.ts";

/** What is known at a probe. */
interface UsdtSite {
  readonly context: Value;
  /** Address of the description of the site; 0 when there is none. */
  readonly description: Value;
}

/** The context of programs on USDT probes. */
export function usdtContext({
  lowering,
  context,
}: ContextSite<Extract<AttachTarget, { kind: "usdt" }>>): readonly Parameter[] {
  return [() => usdtEntity({ context, description: findDescription(lowering, context) })];
}

function usdtEntity(site: UsdtSite): Special {
  return {
    kind: "special",
    description: "the context of a USDT probe",
    operand: site.context,
    member: (lowering, name, node) => {
      if (name === "args") return argumentList(site);
      if (name === "cookie") return cookie(lowering, site);
      const registers = contextPointer(site.context, registersType(lowering), regions.context);
      return member(lowering, registers, name, node);
    },
    handOver: {
      words: () => [site.context, site.description],
      receive: (_, [context, description]) =>
        usdtEntity({ context: context!, description: description! }),
      update: () => undefined,
    },
  };
}

/** Looks up the description: by the cookie of the site or, on kernels without cookies, by its address. */
function findDescription(lowering: Lowering, context: Value): Value {
  const { kernelVersion } = lowering.program.target;
  if (kernelVersion >= 5015) {
    return lookUp(lowering, usdtSpecs, callHelper(lowering, "get_attach_cookie", [context]));
  }
  const registers = registersType(lowering);
  const field = registers.field("ip") ?? registers.field("pc");
  if (field === undefined) {
    const hint = "USDT needs Linux 5.15 on this architecture";
    return lowering.fail(lowering.source.node, "no register has the place", hint);
  }
  const operation = { kind: "load", base: context, bytes: 8, signed: false } as const;
  const address = lowering.builder.define({
    ...operation,
    offset: field.offset,
    memory: "context",
  });
  const place = compute(lowering, "and", [address, BigInt(usdtSiteCount - 1)]);
  const index = whenPresent(lowering, lookUp(lowering, usdtSites, place), (found) =>
    loadFrom(lowering, found, 0, 4),
  );
  return lookUp(lowering, usdtSpecs, index);
}

function lookUp(
  lowering: Lowering,
  map: KernelMapSpec<"array", number, unknown>,
  index: Operand,
): Value {
  const key = stackPlace(lowering, layoutType(u32), "index");
  const { slot } = key.address as Extract<typeof key.address, { kind: "slot" }>;
  lowering.builder.effect({ kind: "store-slot", slot, offset: 0, bytes: 4, stored: index });
  const given = [mapAddress(lowering, map), key];
  return callHelper(lowering, "map_lookup_elem", given, { pointer: true });
}

function argumentList(site: UsdtSite): Special {
  return {
    kind: "special",
    description: "the arguments of a USDT probe",
    element: (lowering, index, node) => {
      const entity = lowering.expression(index);
      const number = entity.kind === "constant" ? entity.value : undefined;
      if (typeof number !== "number") return failIndex(lowering, index);
      if (Number.isInteger(number) && number >= 0 && number < mostUsdtArguments) {
        return bigintScalar(argument(lowering, site, number), false);
      }
      return lowering.fail(node, `USDT probes have no argument ${number}`, "they have at most 12");
    },
  };
}

function failIndex(lowering: Lowering, index: Expression): Entity {
  const hint = "write them one by one: ctx.args[0], ctx.args[1]";
  return lowering.fail(index, "which argument is meant has to be known when compiling", hint);
}

function cookie(lowering: Lowering, { description }: UsdtSite): Entity {
  const load = (found: Value): Operand => loadFrom(lowering, found, layout.cookie, 8);
  return bigintScalar(whenPresent(lowering, description, load), false);
}

/** An argument of the site; 0 when it has no such argument. */
function argument(lowering: Lowering, { context, description }: UsdtSite, index: number): Operand {
  return whenPresent(lowering, description, (found) => {
    const field = (offset: number, bytes: AccessBytes): Operand =>
      loadFrom(lowering, found, layout.argument * index + offset, bytes);
    const kind = field(layout.kind, 1);
    const raw = choose(lowering, [kind, kinds.constant], {
      then: () => field(layout.value, 8),
      else: () => readPlace(lowering, context, { kind, field }),
    });
    const unused = field(layout.unusedBits, 1);
    const raised = compute(lowering, "lsh", [raw, unused]);
    return choose(lowering, [field(layout.signed, 1), 0], {
      then: () => compute(lowering, "rsh", [raised, unused]),
      else: () => compute(lowering, "arsh", [raised, unused]),
    });
  });
}

/** The description of one argument. */
interface ArgumentPlace {
  readonly kind: Operand;
  readonly field: (offset: number, bytes: AccessBytes) => Operand;
}

/** What is in a register, or in memory of the process behind it. */
function readPlace(lowering: Lowering, context: Value, { kind, field }: ArgumentPlace): Operand {
  const base = readRegister(lowering, context, field(layout.register, 2));
  return choose(lowering, [kind, kinds.register], {
    then: () => base,
    else: () => {
      const distance = choose(lowering, [kind, kinds.indexed], {
        then: () => {
          const word = field(layout.index, 2);
          const register = compute(lowering, "and", [word, 0xfffn]);
          const scale = compute(lowering, "rsh", [word, 12n]);
          return compute(lowering, "lsh", [readRegister(lowering, context, register), scale]);
        },
        else: () => 0n,
      });
      const start = compute(lowering, "add", [base, field(layout.value, 8)]);
      const address = compute(lowering, "add", [start, distance]);
      return copied(lowering, "probe_read_user", asValue(lowering, address));
    },
  });
}

function readRegister(lowering: Lowering, context: Value, offset: Operand): Operand {
  const operation = { kind: "binary", op: "add", width: 64 } as const;
  const left = context;
  const address = lowering.builder.define({ ...operation, left, right: offset }, { pointer: true });
  // A load from the context needs an offset that is known when compiling; a helper does not.
  return copied(lowering, "probe_read_kernel", address);
}

/** 8 bytes at an address; 0 when they cannot be read. */
function copied(
  lowering: Lowering,
  helper: "probe_read_kernel" | "probe_read_user",
  address: Value,
): Operand {
  const copy = stackPlace(lowering, layoutType(u64), "copy");
  callHelper(lowering, helper, [copy, 8n, address]);
  return loadWord(lowering, copy, { bytes: 8, signed: false });
}

function loadFrom(lowering: Lowering, base: Value, offset: number, bytes: AccessBytes): Operand {
  return lowering.builder.define({
    kind: "load",
    base,
    offset,
    bytes,
    signed: false,
    memory: "map-value",
  });
}

/** What `get` makes of a pointer, or 0 when it is null. */
function whenPresent(lowering: Lowering, pointer: Value, get: (found: Value) => Operand): Operand {
  return choose(lowering, [pointer, 0], { then: () => 0n, else: () => get(pointer) });
}

/** One of two values, by whether the operands are equal. */
function choose(
  lowering: Lowering,
  [left, right]: readonly [Operand, number],
  ways: { readonly then: () => Operand; readonly else: () => Operand },
): Operand {
  const [equal, other] = [lowering.flowEnd(), lowering.flowEnd()];
  branch(lowering, [left, "eq", BigInt(right)], { then: equal, else: other });
  return select(lowering, "argument", [
    { from: equal, value: ways.then },
    { from: other, value: ways.else },
  ]);
}
