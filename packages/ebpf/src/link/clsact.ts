/**
 * Who uses a `clsact`: it is added for the first program and removed with the last one, when it was made here.
 *
 * One that was there before is left as it is. One that was made here stays, too, while others have filters in it; between
 * looking and removing somebody may still add one, which the kernel has no means against.
 * @module
 */
import type { Kernel } from "../kernel/kernel.ts";

/** One that was made here. */
interface MadeClsact {
  users: number;
}

/** Those that were made here, by the numbers of their interfaces. */
const madeHere = new WeakMap<Kernel, Map<number, MadeClsact>>();

/** Sees to it that an interface has a `clsact`. Disposing lets go of it. */
export function holdClsact(kernel: Kernel, index: number): Disposable {
  const made = madeHere.get(kernel) ?? new Map<number, MadeClsact>();
  madeHere.set(kernel, made);
  if (kernel.network.addClsact(index)) made.set(index, { users: 0 });
  const clsact = made.get(index);
  if (clsact === undefined) return { [Symbol.dispose]: () => {} };
  clsact.users += 1;
  return {
    [Symbol.dispose]: () => {
      clsact.users -= 1;
      if (clsact.users > 0 || made.get(index) !== clsact) return;
      made.delete(index);
      removeUnused(kernel, index);
    },
  };
}

function removeUnused({ network }: Kernel, index: number): void {
  const isUsed = (["ingress", "egress"] as const).some(
    (direction) => network.filters({ interface: index, direction }).length > 0,
  );
  if (!isUsed) network.removeClsact(index);
}
