import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { descriptorsSince, openDescriptors } from "./descriptors.ts";

const skip = process.platform === "linux" ? false : "only Linux has /proc/self/fd";

describe("openDescriptors", { skip }, () => {
  it("names what is open by kind", () => {
    const fd = openSync("/proc/version", "r");
    const found = openDescriptors().find(({ identity }) => identity.startsWith(`${fd} `));
    closeSync(fd);
    assert.deepEqual(found, { kind: "/proc/version", identity: `${fd} /proc/version` });
  });
});

describe("descriptorsSince", { skip }, () => {
  it("finds a file that stayed open, and nothing once it is closed", () => {
    const before = openDescriptors();
    const fd = openSync("/proc/version", "r");
    const open = descriptorsSince(before);
    closeSync(fd);
    assert.deepEqual(open, [`/proc/version (${fd})`]);
    assert.deepEqual(descriptorsSince(before), []);
  });

  it("finds a socket without its inode in the kind", async () => {
    const before = openDescriptors();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const open = descriptorsSince(before);
    await new Promise((resolve) => server.close(resolve));
    assert.match(open.join(), /^socket \(\d+\)$/);
  });

  it("passes over what Node opens for itself", () => {
    const before = openDescriptors();
    const fd = openSync("/dev/null", "r");
    const open = descriptorsSince(before);
    closeSync(fd);
    assert.deepEqual(open, []);
  });
});
