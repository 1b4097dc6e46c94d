import { describe, it } from "node:test";
import { checkLine, type Expected } from "../testing-lines.ts";

const end = "r0 = 0; exit";
/** A dynamic pointer at -16, to 64 bytes of a map. */
const local =
  "r1 = map[array][0]+0; r2 = 64; r3 = 0; r4 = r10; r4 += -16; call bpf_dynptr_from_mem";
/** One to a record, which must be given back. */
const record =
  "r1 = map[ring]; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr";
const give = "r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_submit_dynptr";
const data = "r1 = r10; r1 += -16; r2 = 0; r3 = 8; call bpf_dynptr_data; if r0 == 0 goto out";

function check(line: string, expected: Expected): void {
  checkLine(`${line}; out: ${end}`, expected);
}

describe("dynamic pointers", () => {
  it("lie on the stack, as a whole", () => {
    check(local, "accepted");
    check(local.replace("-16", "-8"), /cannot pass in dynptr at an offset=-8/);
    check(local.replace("-16", "-20"), /cannot pass in dynptr at an offset=-20/);
    check(`${local}; r0 = *(u64 *)(r10 - 8)`, /invalid read from stack off -8/);
    check(`${local}; ${data.replace("-16", "-24")}`, /Expected an initialized dynptr as arg #0/);
    check(data, /Expected an initialized dynptr as arg #0/);
  });

  it("give memory of as many bytes as asked for", () => {
    check(`${local}; ${data}; r0 = *(u8 *)(r0 + 7)`, "accepted");
    check(`${local}; ${data}; r0 = *(u8 *)(r0 + 8)`, /mem_size=8 off=8 size=1/);
    check(
      `${local}; ${data.split("; if")[0]}; r0 = *(u8 *)(r0 + 0)`,
      /R0 invalid mem access 'mem_or_null'/,
    );
  });

  it("end when they are written over, and their memory with them", () => {
    const use = "r0 = *(u8 *)(r7 + 0)";
    check(`${local}; ${data}; r7 = r0; ${use}`, "accepted");
    check(
      `${local}; ${data}; r7 = r0; *(u8 *)(r10 - 1) = 0; ${use}`,
      /R7 invalid mem access 'scalar'/,
    );
    check(`${local}; ${data}; r7 = r0; ${local}; ${use}`, /R7 invalid mem access 'scalar'/);
    check(`${local}; *(u64 *)(r10 - 8) = 0; ${data}`, /Expected an initialized dynptr/);
  });

  it("that hold a record give it back once", () => {
    const both = data.replace("goto out", "goto none");
    check(`${record}; ${give}`, "accepted");
    check(record, /Unreleased reference/);
    check(`${record}; ${give}; ${give}`, /Expected an initialized dynptr/);
    check(`${record}; *(u64 *)(r10 - 16) = 0`, /cannot overwrite referenced dynptr/);
    check(`${local}; ${give}`, /Expected a dynptr of type ringbuf as arg #0/);
    check(`${record}; ${both}; none: ${give}`, "accepted");
    check(
      `${record}; ${both}; none: r7 = r0; ${give}; r0 = *(u8 *)(r7 + 0)`,
      /R7 invalid mem access 'scalar'/,
    );
  });

  it("are no memory for helpers", () => {
    const read =
      "r1 = r10; r1 += AT; r2 = 8; r3 = r10; r3 += -16; r4 = 0; r5 = 0; call bpf_dynptr_read";
    check(`${local}; ${read.replace("AT", "-24")}`, "accepted");
    check(`${local}; ${read.replace("AT", "-20")}`, /potential write to dynptr/);
    const write =
      "r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += AT; r4 = 8; r5 = 0; call bpf_dynptr_write";
    check(`${local}; ${write.replace("AT", "-24")}`, "accepted");
    check(`${local}; ${write.replace("AT", "-20")}`, /invalid read from stack/);
  });
});
