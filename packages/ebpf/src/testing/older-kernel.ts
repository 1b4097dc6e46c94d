/**
 * A kernel that lacks some of what the running one has, for tests of what is done then.
 * @module
 */
import { NotSupportedError } from "../kernel/errors.ts";
import type { Command } from "../kernel/commands.ts";
import type { Kernel } from "../kernel/kernel.ts";

/** `kernel` without a command: it is refused as by one that does not know it. */
export function withoutCommand(kernel: Kernel, missing: Command): Kernel {
  const bpf: Kernel["bpf"] = (command, attributes) => {
    if (command === missing) throw new NotSupportedError(`command ${command}`);
    return kernel.bpf(command, attributes);
  };
  return new Proxy(kernel, {
    get: (target, name) => {
      if (name === "bpf") return bpf;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
