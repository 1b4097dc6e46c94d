/**
 * Element operations on one map, each one system call and nothing else.
 *
 * The calls are laid out once over memory that is shared with the kernel: the key lies at its start, the value behind
 * it, and each mode of each operation is a call of its own, so that making one takes no argument. Only what the kernel
 * refuses costs more.
 * @module
 */
import type { PreparedCall, PreparedCalls } from "@ts-ebpf/native";
import { alignUp } from "../../base/bytes.ts";
import type { Command } from "../../kernel/commands.ts";
import type { ElementAccess, ElementShape, LookupMode, UpdateMode } from "../../kernel/kernel.ts";
import type { Caller } from "../call/caller.ts";
import { elementMeanings } from "../../kernel/map-meanings.ts";
import { lookupModeBits, updateModeBits } from "../commands/map.ts";
import { errno } from "../call/errno.ts";
import type { Fd } from "../fd.ts";
import { mapElement, type Member } from "../generated/attributes.ts";
import { commandNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";

type Call = () => number;

/** One prepared call, described by what differs. */
interface Plan {
  readonly command: Command;
  readonly flags: number;
  readonly members: readonly Member[];
}

const value = mapElement.value;
const { key, nextKey } = mapElement;
const notFound = -errno.ENOENT;

/** Element operations through prepared calls. */
export class NativeElements implements ElementAccess {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly #caller: Caller;
  readonly #map: Fd;
  readonly #name: string;
  readonly #lookup: { readonly [Mode in LookupMode]: Call };
  readonly #update: { readonly [Mode in UpdateMode]: Call };
  readonly #lookupAndDelete: { readonly [Mode in LookupMode]: Call };
  readonly #delete: Call;
  readonly #nextKey: Call;
  readonly #firstKey: Call;

  constructor(caller: Caller, map: Fd, { name, keySize, valueSize }: ElementShape) {
    const prepared = prepare(caller, map, { keySize, valueSize });
    const next = prepared.calls.values();
    const take = (): Call => next.next().value!;
    this.#caller = caller;
    this.#map = map;
    this.#name = name;
    this.key = new Uint8Array(prepared.data, 0, keySize);
    this.value = new Uint8Array(prepared.data, alignUp(keySize, 8), valueSize);
    // In the order of `plans`.
    this.#lookup = { plain: take(), locked: take() };
    this.#lookupAndDelete = { plain: take(), locked: take() };
    this.#update = {
      any: take(),
      noexist: take(),
      exist: take(),
      "any-locked": take(),
      "noexist-locked": take(),
      "exist-locked": take(),
    };
    this.#delete = take();
    this.#nextKey = take();
    this.#firstKey = take();
  }

  lookup(mode: LookupMode): boolean {
    this.#map.assertOpen();
    return this.#found(this.#lookup[mode](), "mapLookupElem");
  }

  update(mode: UpdateMode): void {
    this.#map.assertOpen();
    const result = this.#update[mode]();
    if (result < 0) throw this.#failure(result, "mapUpdateElem");
  }

  delete(): boolean {
    this.#map.assertOpen();
    return this.#found(this.#delete(), "mapDeleteElem");
  }

  lookupAndDelete(mode: LookupMode): boolean {
    this.#map.assertOpen();
    return this.#found(this.#lookupAndDelete[mode](), "mapLookupAndDeleteElem");
  }

  nextKey(): boolean {
    this.#map.assertOpen();
    return this.#found(this.#nextKey(), "mapGetNextKey");
  }

  firstKey(): boolean {
    this.#map.assertOpen();
    return this.#found(this.#firstKey(), "mapGetNextKey");
  }

  #found(result: number, command: Command): boolean {
    if (result >= 0) return true;
    if (result === notFound) return false;
    throw this.#failure(result, command);
  }

  #failure(result: number, command: Command): Error {
    return this.#caller.failure(command, -result, {
      text: `${verbs[command] ?? "use"} an element of map "${this.#name}"`,
      meanings: elementMeanings,
    });
  }
}

const verbs: { readonly [C in Command]?: string } = {
  mapLookupElem: "look up",
  mapUpdateElem: "update",
  mapDeleteElem: "delete",
  mapLookupAndDeleteElem: "look up and delete",
  mapGetNextKey: "go to",
};

const updateModes: readonly UpdateMode[] = [
  "any",
  "noexist",
  "exist",
  "any-locked",
  "noexist-locked",
  "exist-locked",
];

const plans: readonly Plan[] = [
  { command: "mapLookupElem", flags: lookupModeBits.plain, members: [key, value] },
  { command: "mapLookupElem", flags: lookupModeBits.locked, members: [key, value] },
  { command: "mapLookupAndDeleteElem", flags: lookupModeBits.plain, members: [key, value] },
  { command: "mapLookupAndDeleteElem", flags: lookupModeBits.locked, members: [key, value] },
  ...updateModes.map((mode): Plan => ({
    command: "mapUpdateElem",
    flags: updateModeBits[mode],
    members: [key, value],
  })),
  { command: "mapDeleteElem", flags: 0, members: [key] },
  // The kernel reads the key before it writes the next one, so both may be the same memory.
  { command: "mapGetNextKey", flags: 0, members: [key, nextKey] },
  { command: "mapGetNextKey", flags: 0, members: [nextKey] },
];

type Sizes = Pick<ElementShape, "keySize" | "valueSize">;

function prepare(caller: Caller, map: Fd, sizes: Sizes): PreparedCalls {
  const dataSize = Math.max(1, alignUp(sizes.keySize, 8) + sizes.valueSize);
  return caller.bridge.prepare(
    dataSize,
    plans.map((plan) => preparedCall(map, plan, sizes)),
  );
}

function preparedCall(map: Fd, plan: Plan, { keySize, valueSize }: Sizes): PreparedCall {
  const record = new KernelRecord(mapElement)
    .set(mapElement.mapFd, map.raw)
    .set(mapElement.flags, plan.flags);
  const pointers = plan.members.flatMap((member) => {
    const isValue = member === value;
    // A map without keys, such as a queue, wants no pointer to one.
    if ((isValue ? valueSize : keySize) === 0) return [];
    return [member[0], isValue ? alignUp(keySize, 8) : 0];
  });
  return { command: commandNumbers[plan.command], attr: record.bytes, pointers };
}
