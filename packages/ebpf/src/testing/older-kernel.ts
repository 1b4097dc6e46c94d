/**
 * A kernel that lacks some of what the running one has, for tests of what is done then.
 * @module
 */
import { NotSupportedError } from "../kernel/errors.ts";
import type { Command } from "../kernel/commands.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { commandSince } from "../kernel/since.ts";

/** `kernel` without a command: it is refused as by one that does not know it. */
export function withoutCommand(kernel: Kernel, missing: Command): Kernel {
  const bpf: Kernel["bpf"] = (command, attributes) => {
    if (command === missing) {
      throw new NotSupportedError(`command ${command}`, { since: commandSince[missing] });
    }
    return kernel.bpf(command, attributes);
  };
  return replaced(kernel, { bpf });
}

/** `kernel` whose perf events know no probes, as before 4.17. */
export function withoutProbeEvents(kernel: Kernel): Kernel {
  return replaced(kernel, {
    openPerfEvent: (request) => {
      if (request.kind !== "sample") throw new NotSupportedError("probes as perf events");
      return kernel.openPerfEvent(request);
    },
  });
}

function replaced(kernel: Kernel, parts: Partial<Kernel>): Kernel {
  return new Proxy(kernel, {
    get: (target, name) => {
      if (Object.hasOwn(parts, name)) return Reflect.get(parts, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
