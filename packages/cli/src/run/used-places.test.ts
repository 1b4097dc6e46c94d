import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CollectionSpec, ProgramSpec } from "ts-ebpf";
import type { Places } from "./attach-all.ts";
import { assertPlacesUsed } from "./used-places.ts";

type Target = ProgramSpec["target"];

const tracepoint: Target = { kind: "raw_tracepoint", name: "sys_enter" };
const usdt = { kind: "usdt", path: "/bin/x", provider: "", name: "go", pid: undefined } as const;
const open: Target = { kind: "xdp", interface: undefined, mode: "any" };
const closed: Target = { kind: "xdp", interface: "lo", mode: "any" };

function specsOf(targets: Readonly<Record<string, Target>>): CollectionSpec {
  return Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [name, { kind: "program", target }]),
  ) as unknown as CollectionSpec;
}

describe("places of options", () => {
  it("are fine where a program leaves them open, or says the same", () => {
    const check = (targets: Readonly<Record<string, Target>>, places: Places): void =>
      assertPlacesUsed(specsOf(targets), places);
    check({ onCall: tracepoint }, {});
    check({ onCall: tracepoint, onPacket: open }, { interface: "eth0" });
    check({ onPacket: closed }, { interface: "lo" });
    check({ onGo: usdt }, { pid: 7 });
    check(
      { onFile: { kind: "lsm_cgroup", hook: "file_open", cgroup: undefined } },
      { cgroup: "/a" },
    );
  });

  it("are wrong usage where no program is there", () => {
    const check = (
      targets: Readonly<Record<string, Target>>,
      places: Places,
      ...[message, hint]: readonly [string, string]
    ): void => {
      assert.throws(() => assertPlacesUsed(specsOf(targets), places), {
        name: "InvalidArgumentError",
        isUsage: true,
        message,
        hint,
      });
    };
    check(
      { onCall: tracepoint, onGo: usdt },
      { interface: "eth0" },
      "--interface eth0: no program attaches to an interface that the file leaves open",
      "leave it out: onCall is for raw tracepoint sys_enter, onGo is for usdt go",
    );
    check(
      { onPacket: closed },
      { interface: "eth0" },
      "--interface eth0: no program attaches to an interface that the file leaves open",
      "leave it out: onPacket is for xdp (interface lo)",
    );
    check(
      { onGo: { ...usdt, pid: 8 } },
      { pid: 7 },
      "--pid 7: no program is a probe or sample of processes that the file leaves open",
      "leave it out: onGo is for usdt go (pid 8)",
    );
    check(
      { nowhere: { kind: "none" } },
      { cgroup: "/a" },
      "--cgroup /a: no program attaches to a control group that the file leaves open",
      "leave it out: nowhere is for no place",
    );
  });
});
