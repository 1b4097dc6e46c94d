import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BpfMap, Link, Program, ProgramSpec } from "ts-ebpf";
import { attachAll, type Attachers, type Places } from "./attach-all.ts";

type Target = ProgramSpec["target"];

const xdp: Target = { kind: "xdp", interface: undefined, mode: "skb" };
const tracepoint: Target = { kind: "raw_tracepoint", name: "sys_enter" };
const probe = { kind: "uprobe", path: "/bin/x", symbol: "f", offset: 0, pid: undefined } as const;
const nowhere: Target = { kind: "none" };

/** A collection that notes how its programs are attached and detached. */
class FakeCollection {
  readonly log: string[] = [];
  readonly maps = new Map<string, BpfMap>();
  readonly programs: ReadonlyMap<string, Program>;
  readonly attachers: Attachers;

  constructor(targets: Readonly<Record<string, Target>>) {
    this.programs = new Map(
      Object.entries(targets).map(([name, target]) => [
        name,
        { name, spec: { target } } as unknown as Program,
      ]),
    );
    const note =
      (how: string) =>
      ({ name }: Program, ...given: readonly unknown[]): Link => {
        if (name === "refused") throw new RangeError(name);
        this.log.push(`${how} ${name} ${JSON.stringify(given)}`);
        const detach = (): void => void this.log.push(`detach ${name}`);
        return { target: how, [Symbol.dispose]: detach } as unknown as Link;
      };
    this.attachers = {
      attach: (program: Program) => note("attach")(program),
      attachXdp: note("xdp"),
      attachTcx: note("tcx"),
      attachTc: note("tc") as Attachers["attachTc"],
      attachNetkit: note("netkit"),
      attachCgroup: note("cgroup"),
      attachUprobe: note("uprobe"),
      attachUprobeMulti: note("uprobes"),
      attachUsdt: note("usdt"),
      attachPerfEvent: note("perf"),
    };
  }

  /** An array that holds these programs. */
  addArray(programs: readonly string[]): void {
    const spec = { name: "stages", programs: () => programs.map((name) => ({ name })) };
    this.maps.set("stages", { name: "stages", spec } as unknown as BpfMap);
  }
}

function check(
  targets: Readonly<Record<string, Target>>,
  places: Places,
  log: readonly string[],
): void {
  const collection = new FakeCollection(targets);
  attachAll(collection, places, collection.attachers);
  assert.deepEqual(collection.log, log);
}

describe("attachAll", () => {
  it("attaches where programs say, and lets others be", () =>
    check({ one: tracepoint, two: nowhere }, {}, ["attach one []"]));
  it("attaches where options say what programs do not", () => {
    check({ one: xdp }, { interface: "eth0" }, ['xdp one ["eth0",{"mode":"skb"}]']);
    check({ one: { ...xdp, interface: "lo" } }, { interface: "eth0" }, ["attach one []"]);
    const tcx: Target = { kind: "tcx", interface: undefined, direction: "egress" };
    check({ one: tcx }, { interface: "eth0" }, ['tcx one ["eth0",{"direction":"egress"}]']);
    check({ one: { ...xdp, way: "netlink" } }, { interface: "eth0" }, [
      'xdp one ["eth0",{"mode":"skb","way":"netlink"}]',
    ]);
    const filter: Target = { ...tcx, kind: "tc", filter: { priority: 3 } };
    check({ one: filter }, { interface: "eth0" }, [
      'tc one ["eth0",{"direction":"egress","priority":3}]',
    ]);
    const kit: Target = { kind: "netkit", interface: undefined, place: "peer" };
    check({ one: kit }, { interface: "kit0" }, ['netkit one ["kit0",{"place":"peer"}]']);
    check({ one: { kind: "cgroup", cgroup: undefined } }, { cgroup: "/x" }, ['cgroup one ["/x"]']);
    check({ one: probe }, { pid: 7 }, [`uprobe one [${JSON.stringify({ ...probe, pid: 7 })}]`]);
    check({ one: probe }, {}, ["attach one []"]);
    const samples: Target = {
      kind: "perf_event",
      event: "cpu_clock",
      sampling: { frequencyHz: 9 },
      pid: undefined,
    };
    check({ one: samples }, { pid: 7 }, [
      'perf one [{"event":"cpu_clock","sampling":{"frequencyHz":9},"pid":7}]',
    ]);
  });
  it("leaves programs that others go on with to them", () => {
    const collection = new FakeCollection({ enter: { ...xdp, interface: "lo" }, stage: xdp });
    collection.addArray(["stage"]);
    attachAll(collection, {}, collection.attachers);
    assert.deepEqual(collection.log, ["attach enter []"]);
  });
  it("says which option is missing", () => {
    assert.throws(() => check({ one: xdp }, {}, []), { hint: /--interface/ });
    const cgroup: Target = { kind: "cgroup", cgroup: undefined };
    assert.throws(() => check({ one: cgroup }, { interface: "eth0" }, []), { hint: /--cgroup/ });
  });
  it("says that nothing would run", () =>
    assert.throws(() => check({ one: nowhere, two: nowhere }, {}, []), /one, two attach nowhere/));
  it("detaches everything when one cannot be attached, and at the end", () => {
    const collection = new FakeCollection({ one: tracepoint, refused: tracepoint });
    assert.throws(() => attachAll(collection, {}, collection.attachers), RangeError);
    assert.deepEqual(collection.log, ["attach one []", "detach one"]);
    const other = new FakeCollection({ one: tracepoint });
    attachAll(other, {}, other.attachers)[Symbol.dispose]();
    assert.deepEqual(other.log, ["attach one []", "detach one"]);
  });
});
