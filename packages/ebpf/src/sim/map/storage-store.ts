/**
 * Local storage: values that belong to sockets, tasks, inodes, control groups (kernel/bpf/bpf_local_storage.c), by the
 * number or address of whose they are. There is no limit to how many there are.
 * @module
 */
import { failed } from "../errno.ts";
import { KeyedStore } from "./keyed-store.ts";
import type { StoreSetup } from "./store.ts";

/** The values of one map. */
export class StorageStore extends KeyedStore {
  constructor(setup: StoreSetup) {
    const attributes = { ...setup.attributes, keySize: 8, maxEntries: 2 ** 31 };
    super({ ...setup, attributes }, {});
  }

  override take(): number {
    return failed.notSupported;
  }

  override next(): number {
    return failed.notSupported;
  }
}

/** The key of an owner. */
export function ownerKey(owner: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, owner)).buffer);
}
