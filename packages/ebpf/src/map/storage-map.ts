/**
 * Live local storage: values that belong to kernel objects.
 * @module
 */
import { encodeValue, parseValue } from "../layout/value.ts";
import type { UpdateMode } from "../kernel/kernel.ts";
import { assertUpdateMode } from "../kernel/modes.ts";
import type { KeyedMapSpec } from "../spec/map-spec.ts";
import type { StorageMapType } from "../spec/storage-map.ts";
import { BpfMap } from "./bpf-map.ts";
import { exists } from "./object-map.ts";
import { type SocketSource, socketWord } from "./socket-source.ts";

/**
 * Live local storage. The owner is named by a handle or a descriptor of this process: a socket (also one of Node's), a
 * pidfd, an open file, the folder of a control group. User space cannot list the owners.
 */
export class StorageMap<Value> extends BpfMap<KeyedMapSpec<StorageMapType, number, Value>> {
  /** What `owner` has; `undefined` when it has nothing. */
  get(owner: SocketSource): Value | undefined {
    const { kernel, handle: map, spec } = this;
    const value = new Uint8Array(spec.value.size);
    const found = exists(() =>
      kernel.bpf("mapLookupElem", { map, key: [socketWord(owner)], value }),
    );
    return found ? parseValue(spec.value, value) : undefined;
  }

  /**
   * Gives `value` to `owner`.
   * @throws {ExistsError} with mode `noexist` when it has one; {@link NotFoundError} with `exist` when it has none.
   */
  set(
    owner: SocketSource,
    value: Value,
    { mode = "any" }: { readonly mode?: UpdateMode } = {},
  ): void {
    if (mode !== "any") assertUpdateMode(mode);
    const { kernel, handle: map, spec } = this;
    const bytes = encodeValue(spec.value, value);
    kernel.bpf("mapUpdateElem", { map, key: [socketWord(owner)], value: bytes, flags: mode });
  }

  /** Takes away what `owner` has; false when it had nothing. */
  delete(owner: SocketSource): boolean {
    const { kernel, handle: map } = this;
    return exists(() => kernel.bpf("mapDeleteElem", { map, key: [socketWord(owner)] }));
  }
}
