import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Handle } from "./handle.ts";
import type { Kernel } from "./kernel.ts";
import { createToken, withToken } from "./token.ts";

const token = { kind: "token" } as Handle;

/** A kernel that remembers what it is asked, and what it was opened for. */
function recordingKernel(): Kernel & { readonly asked: unknown[]; readonly closed: string[] } {
  const [asked, closed] = [[] as unknown[], [] as string[]];
  const kernel: Partial<Kernel> = {
    version: [6, 18],
    bpf: (command, attributes) => {
      asked.push([command, attributes]);
      return token;
    },
    openPath: (path) => ({ [Symbol.dispose]: () => void closed.push(path) }) as Handle,
  };
  return Object.assign(kernel as Kernel, { asked, closed });
}

describe("withToken", () => {
  const check = (
    ask: (kernel: Kernel) => void,
    command: string,
    attributes: Readonly<Record<string, unknown>>,
  ): void => {
    const kernel = recordingKernel();
    ask(withToken(kernel, token));
    assert.deepEqual(kernel.asked, [[command, attributes]]);
  };
  const map = { mapType: "array", keySize: 4, valueSize: 4, maxEntries: 1 } as const;
  const program = { progType: "xdp", insns: new Uint8Array(), license: "GPL" } as const;
  const btf = new Uint8Array(1);

  it("puts the token into what makes objects", () => {
    check((kernel) => kernel.bpf("mapCreate", map), "mapCreate", { ...map, mapToken: token });
    check((kernel) => kernel.bpf("progLoad", program), "progLoad", {
      ...program,
      progToken: token,
    });
    check((kernel) => kernel.bpf("btfLoad", { btf }), "btfLoad", { btf, btfToken: token });
  });
  it("leaves other commands alone", () =>
    check((kernel) => kernel.bpf("mapFreeze", { map: token }), "mapFreeze", { map: token }));
  it("is the same kernel otherwise", () => {
    const kernel = withToken(recordingKernel(), token);
    assert.deepEqual(kernel.version, [6, 18]);
    assert.ok(kernel.openPath("/") !== undefined);
  });
});

describe("createToken", () => {
  it("lets go of the file system", () => {
    const kernel = recordingKernel();
    assert.equal(createToken(kernel, "/sys/fs/bpf"), token);
    assert.deepEqual(kernel.closed, ["/sys/fs/bpf"]);
  });
});
