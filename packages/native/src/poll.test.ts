import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Poll } from "./bridge.ts";
import { loadBridge } from "./load.ts";
import { collectUntil } from "./testing/collect.ts";
import { Occurrence } from "./testing/event.ts";
import { granted } from "./testing/granted.ts";
import { errno } from "./testing/kernel-words.ts";
import { mappedBytes, ScratchFile } from "./testing/memory.ts";
import { UnixSocket } from "./testing/unix-socket.ts";

const bridge = loadBridge();

function start(fd: number, onReadable: (status: number) => void): Poll {
  return granted(bridge.pollStart(fd, onReadable));
}

async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn();
}

describe("pollStart", () => {
  it("calls back, with 0, for as long as there is something to read", async () => {
    using socket = new UnixSocket();
    const statuses: number[] = [];
    const third = new Occurrence("the third call");
    const poll = start(socket.fd, (status) => {
      if (statuses.push(status) === 3) third.happened();
    });
    await turns(3);
    assert.deepEqual(statuses, []);
    socket.send(new Uint8Array(1));
    await third.promise;
    socket.receive(new Uint8Array(1));
    const count = statuses.length;
    await turns(3);
    assert.equal(statuses.length, count);
    assert.ok(statuses.every((status) => status === 0));
    bridge.pollStop(poll);
  });

  it("returns as a number what cannot be watched", () => {
    using file = new ScratchFile(1);
    const nothing = (): void => assert.fail("called");
    assert.equal(bridge.pollStart(-1, nothing), -errno.EBADF);
    assert.equal(bridge.pollStart(file.fd, nothing), -errno.EPERM);
  });

  it("watches one descriptor as often as asked", async () => {
    using socket = new UnixSocket();
    const calls = [new Occurrence("a call"), new Occurrence("another call")];
    const polls = calls.map(({ happened }) => start(socket.fd, () => happened()));
    socket.send(new Uint8Array(1));
    await Promise.all(calls.map(({ promise }) => promise));
    for (const poll of polls) bridge.pollStop(poll);
  });

  it("does not mind when the descriptor is closed, whatever gets its number next", async () => {
    const closed = new UnixSocket();
    let calls = 0;
    const poll = start(closed.fd, () => calls++);
    closed[Symbol.dispose]();
    using next = new UnixSocket();
    assert.equal(next.fd, closed.fd);
    next.send(new Uint8Array(1));
    const called = new Occurrence("a call");
    const other = start(next.fd, () => called.happened());
    await called.promise;
    assert.equal(calls, 0);
    bridge.pollStop(poll);
    bridge.pollStop(other);
  });

  it("watches a descriptor again that was watched before", async () => {
    using socket = new UnixSocket();
    for (let round = 0; round < 3; round++) {
      const called = new Occurrence("a call");
      const poll = start(socket.fd, () => called.happened());
      socket.send(new Uint8Array(1));
      await called.promise;
      socket.receive(new Uint8Array(1));
      bridge.pollStop(poll);
    }
  });

  it("watches several descriptors through one of epoll", async () => {
    using first = new UnixSocket();
    using second = new UnixSocket();
    const epoll = bridge.epollCreate();
    const [add, readable] = [1, 1]; // EPOLL_CTL_ADD, EPOLLIN (include/uapi/linux/eventpoll.h)
    assert.equal(bridge.epollControl(epoll, add, first.fd, readable), 0);
    assert.equal(bridge.epollControl(epoll, add, second.fd, readable), 0);
    assert.equal(bridge.epollControl(epoll, add, second.fd, readable), -errno.EEXIST);
    const called = new Occurrence("a call");
    const poll = start(epoll, () => called.happened());
    second.send(new Uint8Array(1));
    await called.promise;
    bridge.pollStop(poll);
    bridge.close(epoll);
  });

  it("goes on when nothing refers to the poll any more", async () => {
    const socket = new UnixSocket(); // left open: it is watched until the process ends
    const called = new Occurrence("a call");
    const begin = (): WeakRef<Poll> => {
      const poll = start(socket.fd, () => called.happened(void socket.receive(new Uint8Array(1))));
      bridge.pollKeepAlive(poll, 0);
      return new WeakRef(poll);
    };
    const poll = begin();
    assert.ok(await collectUntil(() => poll.deref() === undefined));
    socket.send(new Uint8Array(1));
    await called.promise;
  });

  it("calls back in the asynchronous context it was started in", async () => {
    using socket = new UnixSocket();
    const storage = new AsyncLocalStorage<string>();
    const called = new Occurrence<string | undefined>("a call");
    const poll = storage.run("inside", () =>
      start(socket.fd, () => called.happened(storage.getStore())),
    );
    socket.send(new Uint8Array(1));
    assert.equal(await called.promise, "inside");
    bridge.pollStop(poll);
  });

  it("runs what the callback queued before the next event", async () => {
    using socket = new UnixSocket();
    const order: string[] = [];
    const done = new Occurrence("the second call");
    const poll = start(socket.fd, () => {
      order.push("call");
      void Promise.resolve().then(() => order.push("microtask"));
      process.nextTick(() => order.push("tick"));
      if (order.length > 3) done.happened();
    });
    socket.send(new Uint8Array(1));
    await done.promise;
    bridge.pollStop(poll);
    assert.deepEqual(order.slice(0, 4), ["call", "tick", "microtask", "call"]);
  });
});

describe("pollStop", () => {
  it("may be called twice, and inside the callback", async () => {
    using socket = new UnixSocket();
    const called = new Occurrence("a call");
    let calls = 0;
    const poll: Poll = start(socket.fd, () => {
      calls++;
      assert.equal(bridge.pollStop(poll), 0);
      assert.equal(bridge.pollStop(poll), 0);
      called.happened();
    });
    socket.send(new Uint8Array(1));
    await called.promise;
    await turns(3);
    assert.equal(calls, 1);
    assert.equal(bridge.pollStop(poll), 0);
    assert.equal(bridge.pollKeepAlive(poll, 0), -errno.EBADF);
  });

  it("is in time for an event that is pending already", async () => {
    using first = new UnixSocket();
    using second = new UnixSocket();
    const polls: Poll[] = [];
    let calls = 0;
    const stopBoth = (): void => {
      calls++;
      for (const poll of polls) bridge.pollStop(poll);
    };
    polls.push(start(first.fd, stopBoth), start(second.fd, stopBoth));
    first.send(new Uint8Array(1));
    second.send(new Uint8Array(1));
    await turns(5);
    assert.equal(calls, 1);
  });

  it("lets go of the file at once", () => {
    using socket = new UnixSocket();
    const duplicate = (): number => {
      const fd = bridge.duplicate(socket.fd);
      bridge.close(fd);
      return fd;
    };
    const free = duplicate();
    const poll = start(socket.fd, () => assert.fail("called"));
    assert.notEqual(duplicate(), free);
    bridge.pollStop(poll);
    assert.equal(duplicate(), free);
    assert.equal(
      bridge.pollStart(-1, () => assert.fail("called")),
      -errno.EBADF,
    );
    using file = new ScratchFile(1);
    assert.equal(
      bridge.pollStart(file.fd, () => assert.fail("called")),
      -errno.EPERM,
    );
    assert.equal(duplicate(), file.fd === free ? file.fd + 1 : free);
  });

  it("frees what is not used any more", async () => {
    using socket = new UnixSocket();
    const count = 15_000; // of at least a page each: 60 MB
    const startAndStop = (): void => {
      for (let index = 0; index < count; index++)
        bridge.pollStop(start(socket.fd, () => assert.fail("called")));
    };
    // The first time the engine makes room for its own.
    startAndStop();
    const before = mappedBytes();
    startAndStop();
    assert.ok(await collectUntil(() => mappedBytes() < before + 30_000_000));
  });
});

/** What a process prints that runs `body` with a readable socket, and how it ends. */
function run(body: string): string {
  const code = `
    import { loadBridge } from ${JSON.stringify(import.meta.resolve("./load.ts"))};
    import { UnixSocket } from ${JSON.stringify(import.meta.resolve("./testing/unix-socket.ts"))};
    const bridge = loadBridge();
    const socket = new UnixSocket();
    socket.send(new Uint8Array(1));
    const receive = () => socket.receive(new Uint8Array(1));
    ${body}`;
  const options = { encoding: "utf8", stdio: "pipe", timeout: 50_000 } as const;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", code], options).trim();
}

describe("a poll", () => {
  it("keeps the process alive, until it is told not to", () => {
    const body = (keep: number): string => `
      receive();
      const poll = bridge.pollStart(socket.fd, () => console.log("called"));
      bridge.pollKeepAlive(poll, 0);
      bridge.pollKeepAlive(poll, ${keep});
      setTimeout(() => { console.log("still here"); bridge.pollStop(poll); }, 1).unref();
      process.on("exit", () => console.log("exit"));`;
    assert.equal(run(body(0)), "exit");
    assert.equal(run(body(1)), "still here\nexit");
  });

  it("throws uncaught exceptions, and goes on when one is handled", () => {
    const body = `
      let calls = 0;
      process.on("uncaughtException", (error, origin) => console.log(error.message, origin));
      const poll = bridge.pollStart(socket.fd, () => {
        if (++calls === 3) { receive(); bridge.pollStop(poll); }
        throw new Error("thrown " + calls);
      });`;
    const line = (call: number): string => `thrown ${call} uncaughtException`;
    assert.equal(run(body), [line(1), line(2), line(3)].join("\n"));
  });

  it("ends the process when an exception is not handled", () => {
    const body = `
      bridge.pollStart(socket.fd, () => { throw new Error("nobody catches this"); });`;
    assert.throws(() => run(body), /nobody catches this/);
  });

  it("does not stand in the way of process.exit, in the callback or outside", () => {
    assert.equal(run(`bridge.pollStart(socket.fd, () => process.exit(0));`), "");
    assert.equal(run(`bridge.pollStart(socket.fd, () => {}); process.exit(0);`), "");
  });
});
