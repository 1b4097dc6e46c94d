/**
 * Commands of bpf(2) on the simulated kernel, each a handler.
 *
 * A handler does what the kernel does and refuses with the kernel's errno; {@link Core.check} makes the error of it. What
 * is not there is {@link NotSupportedError} with the command's name.
 * @module
 */
import { InvalidArgumentError } from "../../base/errors.ts";
import { parseBtf } from "../../btf/btf.ts";
import { type StructOps, structOpsNames, structOpsOf } from "../../btf/struct-ops.ts";
import type { Command, ElementWords, MapCreate } from "../../kernel/commands.ts";
import type { Requirement } from "../../kernel/failure.ts";
import { isAtLeast } from "../../kernel/feature.ts";
import type { BtfId, Handle, MapId, ProgramId } from "../../kernel/handle.ts";
import {
  associateMeanings,
  createMeanings,
  elementMeanings,
  freezeMeanings,
  objectMeanings,
  testRunMeanings,
} from "../../kernel/map-meanings.ts";
import type { Core } from "../core.ts";
import { failed } from "../errno.ts";
import { checkMap } from "../map/check-map.ts";
import { SimulatedMap } from "../map/simulated-map.ts";
import { objectOf, SimulatedHandle, SimulatedObject } from "../object.ts";
import { SimulatedProgram } from "../program.ts";
import { SimulatedBtf } from "../simulated-btf.ts";
import { StructOpsLink } from "../struct-ops/struct-ops-link.ts";
import { testRun } from "../run/test-run.ts";
import { invocationOf } from "../helper/context.ts";
import { SimulatedFile } from "../attach/file.ts";
import { SimulatedLink } from "../attach/simulated-link.ts";
import { SimulatedSocket } from "../attach/simulated-socket.ts";
import { ownerKey, StorageStore } from "../map/storage-store.ts";
import type { Words } from "../map/word-store.ts";
import { readBatch, writeBatch } from "./batch.ts";
import { hasCommand, type Handlers } from "./handlers.ts";
import { linkHandlers } from "./links.ts";
import { loadProgram } from "./load.ts";
import { systemHandlers } from "./system.ts";

/** All that the simulated kernel does. */
export const handlers: Handlers = {
  ...linkHandlers,
  ...systemHandlers,
  mapCreate: (core, attributes) => {
    const { mapName, mapType } = attributes;
    const label = mapName === undefined ? `${mapType} map` : `map "${mapName}"`;
    // No interface of it has a card that keeps maps.
    const isOffloaded = attributes.mapIfindex !== undefined;
    const result = isOffloaded
      ? failed.operationNotSupported
      : checkMap(attributes, core.pageBytes);
    core.check(result, "mapCreate", () => ({
      text: `create ${label}`,
      meanings: createMeanings(attributes),
    }));
    const structOps = structOpsFor(core, attributes);
    const inner = attributes.innerMap && objectOf(attributes.innerMap, SimulatedMap);
    const btf = attributes.btf && objectOf(attributes.btf, SimulatedBtf);
    const { memory, cpuCount: cpus } = core;
    const setup = { attributes, label, memory, cpus, structOps };
    const parts = { inner, btf, hasLock: hasSpinLock(attributes) };
    return new SimulatedHandle(core.addMap(new SimulatedMap(setup, parts)));
  },
  mapLookupElem: (core, { map, key, value, cpu, flags }) => {
    const object = objectOf(map, SimulatedMap);
    const result = knowsCpu(core, cpu)
      ? object.read(keyOf(object, key), value, { cpu, mode: flags })
      : failed.invalid;
    checkElement(core, "mapLookupElem", result, { object, cpu });
  },
  mapUpdateElem: (core, { map, key, value, flags = "any", cpu }) => {
    const object = objectOf(map, SimulatedMap);
    const isObject = !(value instanceof Uint8Array);
    const result = isObject
      ? object.writeWords(keyOf(object, key), wordsOf(value), flags)
      : knowsCpu(core, cpu)
        ? object.write(keyOf(object, key), value, flags, cpu)
        : failed.invalid;
    core.check(result, "mapUpdateElem", () => ({
      text: `update an element of ${object.label}`,
      meanings: isObject ? objectMeanings : elementMeanings,
      requires: cpuRequirements(cpu),
    }));
  },
  mapDeleteElem: (core, { map, key }) => {
    const object = objectOf(map, SimulatedMap);
    checkElement(core, "mapDeleteElem", object.remove(keyOf(object, key)), { object });
  },
  mapGetNextKey: (core, { map, key, nextKey }) => {
    const object = objectOf(map, SimulatedMap);
    checkElement(core, "mapGetNextKey", object.next(key, nextKey), { object });
  },
  mapLookupAndDeleteElem: (core, { map, key, value, flags }) => {
    const object = objectOf(map, SimulatedMap);
    const result = object.take(keyOf(object, key), value, flags);
    checkElement(core, "mapLookupAndDeleteElem", result, { object });
  },
  mapFreeze: (core, { map }) => {
    const object = objectOf(map, SimulatedMap);
    const operation = { text: `freeze ${object.label}`, meanings: freezeMeanings };
    core.check(object.freeze(), "mapFreeze", () => operation);
  },
  mapLookupBatch: (core, attributes) =>
    readBatch(core, "mapLookupBatch", objectOf(attributes.map, SimulatedMap), attributes),
  mapLookupAndDeleteBatch: (core, attributes) =>
    readBatch(core, "mapLookupAndDeleteBatch", objectOf(attributes.map, SimulatedMap), attributes),
  mapUpdateBatch: (core, attributes) => {
    const { map, values, elemFlags = "any" } = attributes;
    const object = objectOf(map, SimulatedMap);
    const size = object.userValueSize;
    return writeBatch(core, "mapUpdateBatch", { object, batch: attributes }, (key, index) =>
      object.write(key, values.subarray(index * size, (index + 1) * size), elemFlags),
    );
  },
  mapDeleteBatch: (core, attributes) => {
    const object = objectOf(attributes.map, SimulatedMap);
    const batch = { object, batch: attributes };
    return writeBatch(core, "mapDeleteBatch", batch, (key) => object.remove(key));
  },
  progLoad: (core, attributes) => loadProgram(core, attributes),
  progTestRun: (core, attributes) => {
    const program = objectOf(attributes.prog, SimulatedProgram);
    const result = core.running(invocationOf(program), () => testRun(core, program, attributes));
    if (typeof result !== "number") return result;
    const operation = { text: `run ${program.label}`, meanings: testRunMeanings };
    throw core.error("progTestRun", result, operation);
  },
  progBindMap: (core, { prog, map }) => {
    const [program, bound] = [objectOf(prog, SimulatedProgram), objectOf(map, SimulatedMap)];
    core.check(hasCommand(core, "progBindMap") ? 0 : failed.invalid, "progBindMap", () => ({
      text: `bind ${bound.label} to ${program.label}`,
    }));
    program.bind(bound);
  },
  progAssocStructOps: (core, { prog, map }) => {
    const [program, ops] = [objectOf(prog, SimulatedProgram), objectOf(map, SimulatedMap)];
    const result = hasCommand(core, "progAssocStructOps") ? program.associate(ops) : failed.invalid;
    core.check(result, "progAssocStructOps", () => ({
      text: `associate ${program.label} with ${ops.label}`,
      meanings: associateMeanings,
    }));
  },
  btfLoad: (core, { btf }) => new SimulatedHandle(core.btfs.add(new SimulatedBtf(btf))),
  objPin: (core, { pathname, object }) => {
    const pinned = (object as SimulatedHandle).object;
    core.check(core.pins.has(pathname) ? failed.exists : 0, "objPin", () => ({
      text: `pin ${pinned.label} at ${pathname}`,
      meanings: {
        EEXIST: { reason: "something is there already", hint: "remove it, or choose another name" },
      },
    }));
    core.pins.set(pathname, pinned.hold());
  },
  objGet: (core, { pathname, kind }) => {
    const found = core.pins.get(pathname);
    core.check(found === undefined ? failed.noEntry : 0, "objGet", () => ({
      text: `open the ${kind} pinned at ${pathname}`,
      meanings: { ENOENT: { reason: "nothing is pinned there" } },
    }));
    if (found!.kind === kind) return new SimulatedHandle(found!);
    throw new InvalidArgumentError(
      `what is pinned at ${pathname} is a ${found!.kind}, not a ${kind}`,
    );
  },
  objGetInfoByFd: (_, { object }) => {
    const of = objectOf(object, SimulatedObject);
    if (
      of instanceof SimulatedMap ||
      of instanceof SimulatedProgram ||
      of instanceof SimulatedLink ||
      of instanceof StructOpsLink ||
      of instanceof SimulatedBtf
    )
      return of.info();
    throw new InvalidArgumentError(`the kernel tells nothing of ${of.label}`);
  },
  mapGetNextId: ({ maps }, { startId }) => maps.next(startId) as MapId | undefined,
  progGetNextId: ({ programs }, { startId }) => programs.next(startId) as ProgramId | undefined,
  btfGetNextId: ({ btfs }, { startId }) => btfs.next(startId) as BtfId | undefined,
  mapGetFdById: (core, { id }) => byId(core, "mapGetFdById", core.maps.get(id), `map ${id}`),
  progGetFdById: (core, { id }) =>
    byId(core, "progGetFdById", core.programs.get(id), `program ${id}`),
  btfGetFdById: (core, { id }) => byId(core, "btfGetFdById", core.btfs.get(id), `btf ${id}`),
};

/** The struct that a map of `struct_ops` is for: the kernel names it by the struct around it. */
function structOpsFor(core: Core, attributes: MapCreate): StructOps | undefined {
  if (attributes.mapType !== "struct_ops") return undefined;
  const { btf } = core.types;
  const found = [...structOpsNames(btf)]
    .map((name) => structOpsOf(btf, name))
    .find(({ valueId }) => valueId === attributes.btfVmlinuxValueTypeId);
  const fits = found?.valueSize === attributes.valueSize ? 0 : failed.invalid;
  core.check(found === undefined ? failed.notSupported : fits, "mapCreate", () => ({
    text: `create map "${attributes.mapName ?? "struct_ops"}"`,
    meanings: createMeanings(attributes),
  }));
  return found;
}

/** Whether a member of the values is a spin lock, as their types say. */
function hasSpinLock({ btf, btfValueTypeId: type }: MapCreate): boolean {
  if (btf === undefined || type === undefined) return false;
  const types = parseBtf(objectOf(btf, SimulatedBtf).bytes);
  const value = types.resolve(type);
  if (value.kind !== "struct") return false;
  return value.members.some((member) => types.resolve(member.type).name === "bpf_spin_lock");
}

/** The map of an operation, and the CPU whose value is meant. */
interface ElementOf {
  readonly object: SimulatedMap;
  readonly cpu?: number | "all" | undefined;
}

function checkElement(core: Core, command: Command, result: number, of: ElementOf): void {
  core.check(result, command, () => ({
    text: `${verbs[command] ?? "use"} an element of ${of.object.label}`,
    meanings: elementMeanings,
    requires: cpuRequirements(of.cpu),
  }));
}

/** Values of single CPUs are moved since 7.0. */
const singleCpuSince = [7, 0] as const;

function knowsCpu({ version }: Core, cpu: number | "all" | undefined): boolean {
  return cpu === undefined || isAtLeast(version, singleCpuSince);
}

function cpuRequirements(cpu: number | "all" | undefined): readonly Requirement[] {
  if (cpu === undefined) return [];
  return [{ feature: "per-CPU values of one CPU", since: singleCpuSince }];
}

const verbs: { readonly [C in Command]?: string } = {
  mapLookupElem: "look up",
  mapDeleteElem: "delete",
  mapLookupAndDeleteElem: "look up and delete",
  mapGetNextKey: "find the next key of",
};

function byId(
  core: Core,
  command: Command,
  object: SimulatedObject | undefined,
  label: string,
): Handle {
  core.check(object === undefined ? failed.noEntry : 0, command, () => ({
    text: `open ${label}`,
    meanings: { ENOENT: { reason: `there is no ${label}` } },
  }));
  return new SimulatedHandle(object!);
}

/** The words of a value, with objects in place of their handles. */
function wordsOf(words: ElementWords): Words {
  return words.map((word) => (typeof word === "number" ? word : objectOf(word, SimulatedObject)));
}

/** The bytes of a key. That of local storage is whose it is: by the object, or for tasks by the number of the thread. */
function keyOf(map: SimulatedMap, key: Uint8Array | ElementWords): Uint8Array {
  if (key instanceof Uint8Array) return key;
  const [owner = 0] = wordsOf(key);
  if (map.store instanceof StorageStore) return ownerKey(ownerOf(owner));
  return new Uint8Array(
    Uint32Array.from(wordsOf(key), (word) => (typeof word === "number" ? word : word.id)).buffer,
  );
}

function ownerOf(owner: Words[number]): bigint {
  if (typeof owner === "number") return BigInt(owner);
  if (owner instanceof SimulatedSocket) return owner.address;
  if (owner instanceof SimulatedFile && owner.cgroupId !== undefined) return owner.cgroupId;
  throw new InvalidArgumentError(`${owner.label} has no local storage`);
}
