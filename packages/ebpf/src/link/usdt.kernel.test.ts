import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, describe, it } from "node:test";
import { InvalidArgumentError } from "../base/errors.ts";
import { compileAndLoad, loadCollection } from "../collection/load.ts";
import { isAtLeast } from "../kernel/feature.ts";
import { bpf } from "../lang/builtins/bpf.ts";
import { chars } from "../layout/chars.ts";
import { array } from "../layout/array.ts";
import { s64, u64 } from "../layout/integer.ts";
import { arrayMap } from "../spec/array-map.ts";
import { global } from "../spec/global-spec.ts";
import type { UsdtContext } from "../spec/context/usdt.ts";
import { usdt } from "../spec/usdt.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";
import { needs } from "../testing/needs.ts";
import { counting, hits } from "./testing-hits.ts";
import { usdtProbesIn } from "./usdt-probes.ts";
import { compileExecutable, type TestExecutable, usdtProgram } from "./testing-executable.ts";

const kernel = openNativeKernel();
const hasCookies = isAtLeast(kernel.version, [5, 15]);
const onlyHere =
  process.arch === "x64"
    ? needs("root", "bpf", "uprobe", "btf", "clang")
    : { skip: "the program is for x86-64" };

describe("USDT probes", onlyHere, () => {
  let made: TestExecutable | undefined;
  after(() => made?.[Symbol.dispose]());
  const path = (): string => (made ??= compileExecutable(usdtProgram)).path;
  /** Runs the program, which fires its probes for each byte of `input` with the negated byte. */
  const fire = (input = "\u0005"): void =>
    assert.equal(spawnSync(path(), { input, encoding: "utf8" }).stdout, input);

  const seen = arrayMap("seen", array(u64, 12), 4);
  const calls = global("calls", u64, 0n);

  it("are listed with their arguments", () => {
    const probes = usdtProbesIn(kernel, path());
    const names = probes.map(({ provider, name }) => `${provider}:${name}`);
    assert.deepEqual(names, [
      "test:numbers",
      "test:places",
      "test:twice",
      "test:twice",
      "test:guarded",
      "test:unreadable",
    ]);
    const [numbers, places] = probes;
    assert.equal(numbers!.semaphoreOffset, undefined);
    assert.equal(probes[4]!.semaphoreOffset! > 0, true);
    assert.deepEqual(
      numbers!.arguments.map(({ sizeBytes, signed }) => (signed ? -sizeBytes : sizeBytes)),
      [-4, 4, -2, 2, -1, 1, 8, -8, 4],
    );
    assert.deepEqual(
      places!.arguments.map(({ kind }) => kind),
      ["memory", "memory", "memory", "indexed", "memory", "indexed"],
    );
  });

  it("give numbers of every size, with their sign", async () => {
    const text = global("text", chars(8), "");
    const probe = usdt({ path: path(), provider: "test", name: "numbers" }, (ctx) => {
      "use bpf";
      calls.value += 1n;
      const slot = seen.lookup(0);
      if (!slot) return 0;
      slot[0] = ctx.args[0]!;
      slot[1] = ctx.args[1]!;
      slot[2] = ctx.args[2]!;
      slot[3] = ctx.args[3]!;
      slot[4] = ctx.args[4]!;
      slot[5] = ctx.args[5]!;
      slot[7] = ctx.args[7]!;
      slot[8] = ctx.args[8]!;
      slot[9] = ctx.args[9]!;
      text.value = bpf.probeReadUserStr(ctx.args[6]!);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { seen, calls, text, probe });
    tracer.attach();
    fire("\u0005");
    assert.equal(tracer.calls.value, 1n);
    assert.equal(tracer.text.value, "seen");
    const found = tracer.seen.get(0)!.map((it) => BigInt.asIntN(64, it));
    const minusFive = [-5n, 0xffff_fffbn, -5n, 0xfffbn, -5n, 0xfbn];
    assert.deepEqual(found, [...minusFive, 0n, -7n, 16n, 0n, 0n, 0n]);
  });

  it("give what lies in memory", async () => {
    const probe = usdt({ path: path(), name: "places" }, (ctx) => {
      "use bpf";
      const slot = seen.lookup(1);
      if (!slot) return 0;
      const { args } = ctx;
      slot[0] = args[0]!;
      slot[1] = args[1]!;
      slot[2] = args[2]!;
      slot[3] = args[3]!;
      slot[4] = args[4]!;
      slot[5] = args[5]!;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { seen, probe });
    tracer.attach();
    fire();
    const found = tracer.seen.get(1)!.map((it) => BigInt.asIntN(64, it));
    assert.deepEqual(found.slice(0, 6), [10n, 20n, 30n, 30n, -2n, 0xfdn]);
  });

  it("give the arguments of each site, and the cookie", async () => {
    const probe = usdt(
      { path: path(), provider: "test", name: "twice" },
      (ctx) => {
        "use bpf";
        const slot = seen.lookup(Number(ctx.args[0]));
        if (!slot) return 0;
        slot[0] = ctx.args[1]!;
        slot[1] = ctx.cookie;
        return 0;
      },
      { cookie: 77 },
    );
    using tracer = await compileAndLoad(kernel, { seen, probe });
    tracer.attach();
    fire();
    assert.deepEqual(tracer.seen.get(1)!.slice(0, 2), [111n, 77n]);
    assert.deepEqual(tracer.seen.get(2)!.slice(0, 2), [222n, 77n]);
    const link = tracer.links.get("probe")!;
    assert.match(link.target, /^USDT probe .*:test:twice$/);
    tracer.detach();
    tracer.seen.set(
      1,
      Array.from({ length: 12 }, () => 0n),
    );
    fire();
    assert.deepEqual(tracer.seen.get(1)![0], 0n);
    tracer.attach();
    fire();
    assert.deepEqual(tracer.seen.get(1)![0], 111n);
  });

  it("are reached behind a semaphore while somebody listens", async () => {
    const probe = usdt({ path: path(), name: "guarded" }, (ctx) => {
      "use bpf";
      if (s64(ctx.args[0]!) === -9n) calls.value += 1n;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { calls, probe });
    fire("\u0009");
    assert.equal(tracer.calls.value, 0n);
    tracer.attach();
    fire("\u0009\u0009");
    assert.equal(tracer.calls.value, 2n);
  });

  it("of several programs share their descriptions", async () => {
    const place = { path: path(), provider: "test" } as const;
    const first = usdt({ ...place, name: "twice" }, (ctx) => {
      "use bpf";
      calls.value += ctx.args[1]!;
      return 0;
    });
    const second = usdt({ ...place, name: "guarded" }, (ctx) => {
      "use bpf";
      calls.value += 1000n * ctx.args[0]!;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { calls, first, second });
    tracer.attach();
    fire();
    assert.equal(BigInt.asIntN(64, tracer.calls.value), 333n - 5000n);
  });

  it("are passed on to functions", async () => {
    function add(ctx: UsdtContext, times: number): void {
      "use bpf";
      for (let count = 0; count < times; count++) calls.value += ctx.args[1]!;
    }
    const probe = usdt({ path: path(), name: "twice" }, (ctx) => {
      "use bpf";
      add(ctx, 2);
      add(ctx, 3);
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { calls, probe });
    tracer.attach();
    fire();
    assert.equal(tracer.calls.value, 5n * 333n);
  });

  it("run programs of instructions", () => {
    const probe = usdt({ path: path(), name: "twice" }, counting());
    using tracer = loadCollection(kernel, { hits, probe });
    tracer.attach();
    fire();
    assert.equal(tracer.hits.value, 2n);
  });

  it("give registers and the context to helpers", async () => {
    const probe = usdt({ path: path(), name: "twice" }, (ctx) => {
      "use bpf";
      if (ctx["ip"] !== 0n && bpf.getAttachCookie(ctx) < 256n) calls.value += 1n;
      return 0;
    });
    if (!hasCookies) return;
    using tracer = await compileAndLoad(kernel, { calls, probe });
    tracer.attach();
    fire();
    assert.equal(tracer.calls.value, 2n);
  });

  const refuses = (
    place: { readonly name: string; readonly provider?: string },
    message: RegExp,
    hint: RegExp,
  ): void => {
    const probe = usdt({ path: path(), ...place }, counting());
    using tracer = loadCollection(kernel, { hits, probe });
    assert.throws(
      () => tracer.attach(),
      (error) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.match(error.message, message);
        assert.match(error.hint ?? "", hint);
        return true;
      },
    );
  };
  it("are refused with the name that may have been meant", () => {
    refuses({ name: "twise" }, /no USDT probe "twise"/, /did you mean "twice"\?/);
    refuses({ provider: "tets", name: "twice" }, /"tets:twice"/, /"test:twice"/);
    refuses({ name: "something" }, /"something"/, /it has numbers, places, twice/);
  });
  it("are refused where a file has none", () => {
    const probe = usdt({ path: "/bin/true", name: "probe" }, counting());
    using tracer = loadCollection(kernel, { hits, probe });
    assert.throws(() => tracer.attach(), { hint: "it has no USDT probes at all" });
  });
  it("are refused with arguments that nobody can read", async () => {
    const probe = usdt({ path: path(), name: "unreadable" }, (ctx) => {
      "use bpf";
      calls.value = ctx.args[0]!;
      return 0;
    });
    using tracer = await compileAndLoad(kernel, { calls, probe });
    assert.throws(() => tracer.attach(), /8@%xmm0/);
  });
  it("want a name", () =>
    assert.throws(() => usdt({ path: "/bin/true", name: "" }, counting()), InvalidArgumentError));
});
