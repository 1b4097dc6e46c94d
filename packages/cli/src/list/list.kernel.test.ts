import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashMap, load, u32, u64 } from "ts-ebpf";
import { needs } from "ts-ebpf/testing";
import { ExitCode } from "../exit-code.ts";
import { startCommand } from "../testing/command.ts";

const listed = hashMap("listed_map", u32, u64, { maxEntries: 16 });

interface JsonMap {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly maxEntries: number;
  readonly holders?: readonly string[];
}

describe("list", needs("root", "bpf"), () => {
  it("shows maps in a table", async () => {
    await using collection = await load({ listed });
    const { id } = collection.listed.info();
    using command = startCommand(["list", "maps", "--holders"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    assert.match(command.lines[0]!, /^ *ID {2}TYPE +NAME +KEY +VALUE +ENTRIES +FLAGS +HELD BY$/);
    const row = command.lines.find((line) => line.trimStart().startsWith(`${id} `));
    assert.match(row!, new RegExp(`hash +listed_map +4 +8 +16 .*\\(${process.pid}\\)(,|$)`));
  });

  it("tells programs everything", async () => {
    await using collection = await load({ listed });
    const { id } = collection.listed.info();
    using command = startCommand(["list", "maps", "--json", "--holders", "--pins"]);
    assert.equal(await command.ended, ExitCode.ok, command.errors());
    const maps = JSON.parse(command.lines.join("\n")) as readonly JsonMap[];
    const { holders, ...map } = maps.find((one) => one.id === id)!;
    assert.equal(map.name, "listed_map");
    assert.equal(map.type, "hash");
    assert.equal(map.maxEntries, 16);
    assert.ok(holders!.some((text) => text.endsWith(`(${process.pid})`)));
  });

  it("knows every kind", async () => {
    for (const kind of ["programs", "links", "btf"]) {
      using command = startCommand(["list", kind]);
      assert.equal(await command.ended, ExitCode.ok, command.errors());
      assert.match(command.lines[0]!, /^ *ID /);
    }
  });

  it("says what is missing without privileges", async () => {
    using command = startCommand(["list", "programs"], {
      by: ["setpriv", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"],
    });
    assert.equal(await command.ended, ExitCode.unavailable);
    assert.match(command.errors(), /CAP_SYS_ADMIN/);
  });
});
