/**
 * C's `bool`.
 *
 * One byte. Any byte but zero reads as true, as a careless program may have stored it; what is written is 0 or 1.
 * @module
 */
import type { BoolLayout } from "./layout.ts";
import { unexpected } from "./value-error.ts";

/** C's `bool`: one byte, `true` or `false`. */
export const bool: BoolLayout = Object.freeze<BoolLayout>({
  kind: "bool",
  name: "bool",
  size: 1,
  alignment: 1,
  read: (view, offset) => view.getUint8(offset) !== 0,
  write: (view, offset, value) => {
    if (typeof value !== "boolean") throw unexpected(value, "bool (true or false)");
    view.setUint8(offset, value ? 1 : 0);
  },
});
