import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromHex, littleEndian } from "../../base/bytes.ts";
import type { Command, CommandAttributes, CommandResult } from "../../kernel/commands.ts";
import type { KernelVersion } from "../../kernel/feature.ts";
import type { HandleKind } from "../../kernel/handle.ts";
import { Caller } from "../call/caller.ts";
import { errno } from "../call/errno.ts";
import { Fd } from "../fd.ts";
import { type Answer, type FakeBridge, fakeBridge } from "../testing-bridge.ts";
import { handlers } from "./commands.ts";
import type { Handlers } from "./handlers.ts";

const handle = (kind: HandleKind): Fd => new Fd(fakeBridge(), 10, { kind, label: `${kind} "x"` });
const map = handle("map");
const prog = handle("program");
const none = new Uint8Array(4);

interface Situation {
  readonly answer: Answer;
  readonly version?: KernelVersion;
}

function run<C extends Command>(
  command: C,
  attributes: CommandAttributes<C>,
  { answer, version = [6, 18] }: Situation,
): { readonly result: CommandResult<C>; readonly bridge: FakeBridge } {
  const bridge = fakeBridge(answer);
  const handler: Handlers[C] = handlers[command];
  return { result: handler(new Caller(bridge, version), attributes), bridge };
}

const setWord = (attr: DataView, offset: number, value: number): void =>
  attr.setUint32(offset, value, littleEndian);

describe("batches", () => {
  const read = { map, outBatch: none, keys: none, values: none, count: 8 };
  const countAt = 32;
  const batch = (returned: number, moved: number) =>
    run("mapLookupBatch", read, {
      answer: (attr) => {
        setWord(attr, countAt, moved);
        return returned;
      },
    }).result;

  it("go on after a full one", () => assert.deepEqual(batch(0, 8), { count: 8, done: false }));
  it("end where there is nothing more, with what there was", () =>
    assert.deepEqual(batch(-errno.ENOENT, 3), { count: 3, done: true }));
  it("tell how far they came when they failed half-way", () => {
    const { count, done, error } = batch(-errno.ENOSPC, 0);
    assert.deepEqual([count, done, error?.name], [0, false, "NoSpaceError"]);
    assert.match(error?.message ?? "", /one bucket of the map holds more elements/);
  });
  it("throw when they never began", () => {
    assert.throws(() => batch(-errno.EPERM, 8), {
      name: "PermissionError",
      message: /^cannot run mapLookupBatch on map "x"/,
    });
  });
  it("take a missing element for a failure when they write", () => {
    const { result } = run(
      "mapDeleteBatch",
      { map, keys: none, count: 8 },
      {
        answer: (attr) => {
          setWord(attr, countAt, 2);
          return -errno.ENOENT;
        },
      },
    );
    assert.equal(result.count, 2);
    assert.equal(result.error?.name, "NotFoundError");
  });
});

describe("progLoad", () => {
  const insns = new Uint8Array(8);
  const shape = { progType: "xdp", insns, license: "GPL", progName: "p" } as const;
  const failing = (...numbers: readonly number[]): Answer => {
    const left = [...numbers];
    return () => -(left.shift() ?? 0);
  };

  it("tries again when the verifier was interrupted, five times", () => {
    const { EAGAIN } = errno;
    const again = [EAGAIN, EAGAIN, EAGAIN, EAGAIN, EAGAIN];
    const { bridge } = run("progLoad", shape, { answer: failing(...again) });
    assert.equal(bridge.calls.length, 6);
    assert.throws(() => run("progLoad", shape, { answer: failing(...again, EAGAIN) }), {
      name: "TransientError",
    });
  });
  it("does not take a rejection for a lack of rights", () =>
    assert.throws(() => run("progLoad", shape, { answer: failing(errno.EACCES) }), {
      name: "SyscallError",
      message: 'cannot load program "p": the verifier rejected it (EACCES)',
    }));
  it("takes an unknown type on an old kernel for what it is", () =>
    assert.throws(
      () =>
        run(
          "progLoad",
          { ...shape, progType: "netfilter" },
          {
            answer: failing(errno.EINVAL),
            version: [6, 3],
          },
        ),
      { name: "NotSupportedError", since: [6, 4] },
    ));
  it("tells the true size of the log, also when it fails", () => {
    const log: { level: number; buffer: Uint8Array; trueSize?: number } = {
      level: 1,
      buffer: none,
    };
    const answer: Answer = (attr) => {
      setWord(attr, 140, 5000);
      return -errno.ENOSPC;
    };
    assert.throws(() => run("progLoad", { ...shape, log }, { answer }), { name: "NoSpaceError" });
    assert.equal(log.trueSize, 5000);
  });
  it("leaves the size of the log alone on kernels that do not tell", () => {
    const log = { level: 1, buffer: none };
    run("progLoad", { ...shape, log }, { answer: () => 3 });
    assert.deepEqual(Object.keys(log), ["level", "buffer"]);
  });
  it("puts descriptors in the place of map indexes, in a copy", () => {
    // Two wide loads: the second map, and a value of the first; then a number that only looks like a wide load's half.
    const code = fromHex(`
      1851000001000000 0000000000000000
      1862000000000000 0000000018000000
      1803000007000000 1851000009000000`);
    if (!littleEndian) return;
    const before = code.slice();
    const second = new Fd(fakeBridge(), 300, { kind: "map", label: "map" });
    const { bridge } = run(
      "progLoad",
      { ...shape, insns: code, maps: [map, second] },
      { answer: () => 3 },
    );
    const expected = `
      181100002c010000 0000000000000000
      182200000a000000 0000000018000000
      1803000007000000 1851000009000000`;
    assert.equal(bridge.calls[0]!.pointers[8], expected.replaceAll(/\s+/g, ""));
    assert.deepEqual(code, before);
  });
  it("refuses an index without a map", () => {
    const code = Uint8Array.of(
      0x18,
      littleEndian ? 0x51 : 0x15,
      ...Array.from({ length: 14 }, () => 0),
    );
    assert.throws(() => run("progLoad", { ...shape, insns: code }, { answer: () => 3 }), {
      name: "InvalidArgumentError",
      message: "the program names map 0, but has 0 maps",
    });
  });
  it("refuses a name that the kernel cannot keep", () =>
    assert.throws(
      () => run("progLoad", { ...shape, progName: "sixteen_or_more_" }, { answer: () => 3 }),
      { name: "InvalidArgumentError" },
    ));
  it("refuses two objects to attach to", () =>
    assert.throws(
      () =>
        run(
          "progLoad",
          { ...shape, attachProg: prog, attachBtfObj: handle("btf") },
          {
            answer: () => 3,
          },
        ),
      { name: "InvalidArgumentError" },
    ));
});

describe("progTestRun", () => {
  it("tries again when a signal is pending", () => {
    let runs = 0;
    const { result } = run(
      "progTestRun",
      { prog },
      {
        answer: (attr) => {
          if (++runs < 4) return -errno.EINTR;
          setWord(attr, 4, 2);
          setWord(attr, 36, 900);
          return 0;
        },
      },
    );
    assert.deepEqual(result, { retval: 2, durationNs: 900, dataSizeOut: 0, ctxSizeOut: 0 });
    assert.equal(runs, 4);
  });
  it("gives up at last", () =>
    assert.throws(() => run("progTestRun", { prog }, { answer: () => -errno.EINTR }), {
      name: "TransientError",
    }));
  it("takes a small buffer for no failure", () => {
    const { result } = run(
      "progTestRun",
      { prog, dataOut: none },
      {
        answer: (attr) => {
          setWord(attr, 12, 64);
          return -errno.ENOSPC;
        },
      },
    );
    assert.equal(result.dataSizeOut, 64);
  });
  it("says which types cannot be run", () =>
    assert.throws(() => run("progTestRun", { prog }, { answer: () => -errno.ENOTSUPP }), {
      name: "NotSupportedError",
      message: "this kernel does not support running programs of this type",
    }));
});

describe("progQuery", () => {
  it("makes room until all fit", () => {
    const rooms: number[] = [];
    const { result } = run(
      "progQuery",
      { target: 1, attachType: "tcx_ingress" },
      {
        answer: (attr, _, pointers) => {
          const room = attr.getUint32(24, littleEndian);
          rooms.push(room);
          setWord(attr, 24, 100);
          if (room < 100) return -errno.ENOSPC;
          setWord(attr, 12, 2);
          attr.setBigUint64(56, 9n, littleEndian);
          const programs = pointers[2] as Uint8Array;
          new DataView(programs.buffer).setUint32(0, 77, littleEndian);
          return 0;
        },
      },
    );
    assert.deepEqual(rooms, [64, 256]);
    assert.equal(result.programs.length, 100);
    assert.equal(result.programs[0], 77);
    assert.deepEqual(result.attachFlags, ["allow_multi"]);
    assert.equal(result.revision, 9n);
  });
});

describe("going through numbers", () => {
  it("ends without an error", () =>
    assert.equal(
      run("mapGetNextId", { startId: 5 }, { answer: () => -errno.ENOENT }).result,
      undefined,
    ));
  it("returns the next one", () => {
    const answer: Answer = (attr) => {
      setWord(attr, 4, 6);
      return 0;
    };
    assert.equal(run("mapGetNextId", { startId: 5 }, { answer }).result, 6);
  });
});

describe("handles", () => {
  it("are refused where another kind belongs", () =>
    assert.throws(() => run("mapFreeze", { map: prog }, { answer: () => 0 }), {
      name: "InvalidArgumentError",
      message: 'program "x" is not a map',
    }));
  it("are refused once closed", () => {
    const closed = handle("map");
    closed.close();
    assert.throws(() => run("mapFreeze", { map: closed }, { answer: () => 0 }), {
      name: "ClosedError",
    });
  });
  it("of what was opened say what it is", () => {
    const { result } = run(
      "mapCreate",
      { mapType: "hash", keySize: 4, valueSize: 4, maxEntries: 1, mapName: "counts" },
      { answer: () => 33 },
    );
    assert.equal(result.kind, "map");
    assert.equal((result as Fd).raw, 33);
    assert.equal((result as Fd).label, 'map "counts"');
  });
});

describe("old kernels", () => {
  const refuse = (command: Command, since: KernelVersion): void =>
    assert.throws(
      () =>
        run(
          command as "linkDetach",
          { link: handle("link") },
          {
            answer: () => -errno.EINVAL,
            version: [5, 6],
          },
        ),
      { name: "NotSupportedError", since },
    );

  it("do not know later commands", () => {
    refuse("linkDetach", [5, 9]);
    refuse("iterCreate", [5, 8]);
  });
  it("do not link what later ones do", () =>
    assert.throws(
      () =>
        run(
          "linkCreate",
          { prog, target: handle("perf-event"), attachType: "perf_event" },
          {
            answer: () => -errno.EINVAL,
            version: [5, 14],
          },
        ),
      { name: "NotSupportedError", since: [5, 15] },
    ));
});

describe("anchors", () => {
  it("are one thing", () =>
    assert.throws(
      () =>
        run(
          "linkCreate",
          { prog, attachType: "tcx_ingress", anchor: { program: prog, link: handle("link") } },
          {
            answer: () => 3,
          },
        ),
      { name: "InvalidArgumentError" },
    ));
});
