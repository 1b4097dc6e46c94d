/**
 * BPF tokens: the right to use some of bpf(2), handed to a user namespace by who mounted its BPF file system.
 *
 * A token belongs to the user namespace it is created in, and only the commands that make objects look at it. So a kernel
 * with a token is the same kernel, with the token put into those commands.
 * @module
 */
import { assertText } from "../base/arguments.ts";
import { isObject } from "../base/checks.ts";
import { assertKernel } from "./assert-kernel.ts";
import type { Command, CommandAttributes, Commands } from "./commands.ts";
import type { Handle } from "./handle.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Creates a token from the BPF file system mounted at `folder`, which says by its mount options what it delegates:
 * `delegate_cmds`, `delegate_maps`, `delegate_progs` and `delegate_attachs`. Only in the user namespace that the file
 * system belongs to, and not in the initial one. The caller closes it. Minimum kernel 6.9. Privileges: CAP_BPF in that
 * user namespace.
 * @throws {NotFoundError} when the file system delegates nothing.
 * @throws {NotSupportedError} in the initial user namespace, or when the kernel is too old.
 */
export function createToken(kernel: Kernel, folder: string): Handle {
  assertKernel(kernel);
  assertText(folder, "the folder of a BPF file system");
  using bpffs = kernel.openPath(folder);
  return kernel.bpf("tokenCreate", { bpffs });
}

/**
 * `kernel`, with `token` in every command that takes one: creating maps, loading programs and BTF. The token stays the
 * caller's and has to live as long as objects are made: `load(spec, { kernel: withToken(kernel, token) })`.
 */
export function withToken(kernel: Kernel, token: Handle): Kernel {
  assertKernel(kernel);
  isObject(token, "the token");
  const additions = additionsOf(token);
  const bpf: Kernel["bpf"] = (command, attributes) =>
    kernel.bpf(command, { ...attributes, ...additions[command] });
  return new Proxy(kernel, {
    get: (target, name) => {
      if (name === "bpf") return bpf;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

type Additions = { readonly [C in keyof Commands]?: Partial<CommandAttributes<C & Command>> };

function additionsOf(token: Handle): Additions {
  return {
    mapCreate: { mapToken: token },
    progLoad: { progToken: token },
    btfLoad: { btfToken: token },
    btfGetFdById: { token },
  };
}
