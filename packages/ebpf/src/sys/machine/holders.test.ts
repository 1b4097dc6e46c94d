import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeFiles } from "../testing-files.ts";
import { readHolders } from "./holders.ts";

describe("readHolders", () => {
  const program = "pos:\t0\nflags:\t02\nprog_type:\t5\nprog_id:\t12\nrun_cnt:\t0\n";
  const link = "link_type:\tcgroup\nlink_id:\t7\nprog_tag:\tab\nprog_id:\t12\n";
  const check = (
    files: Readonly<Record<string, string>>,
    ...expected: readonly (readonly [pid: number, kind: string, id: number])[]
  ): void => {
    const named = { "/proc/17/comm": "node\n", "/proc/18/comm": "bash\n", ...files };
    const told = readHolders(fakeFiles(named)).map(
      ({ pid, object }) => [pid, object.kind, object.id] as const,
    );
    assert.deepEqual(told, expected);
  };

  it("tells what each process holds", () =>
    check(
      { "/proc/17/fdinfo/5": program, "/proc/18/fdinfo/3": "map_type:\t1\nmap_id:\t4\n" },
      [17, "program", 12],
      [18, "map", 4],
    ));
  it("tells an object once", () =>
    check({ "/proc/17/fdinfo/5": program, "/proc/17/fdinfo/6": program }, [17, "program", 12]));
  it("takes a link for a link, although it names its program", () =>
    check({ "/proc/17/fdinfo/5": link }, [17, "link", 7]));
  it("knows BTF", () => check({ "/proc/17/fdinfo/5": "btf_id:\t9\n" }, [17, "btf", 9]));
  it("passes over other descriptors", () => check({ "/proc/17/fdinfo/5": "pos:\t0\n" }));
  it("tells the name of the process", () => {
    const files = fakeFiles({ "/proc/17/comm": "node\n", "/proc/17/fdinfo/5": program });
    assert.equal(readHolders(files)[0]?.command, "node");
  });
  it("is empty without /proc", () => assert.deepEqual(readHolders(fakeFiles({})), []));
});
