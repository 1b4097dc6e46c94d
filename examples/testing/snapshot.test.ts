import { it } from "node:test";
import { xdp } from "ts-ebpf";
import { assemble, exit, jne, label, ldx, mov, r0, r1 } from "ts-ebpf/asm";
import { testProgram } from "ts-ebpf/testing";

const fromQueueZero = xdp(
  assemble(
    ldx("u32", r1, r1, 16),
    jne(r1, 0, "drop"),
    [mov(r0, 2), exit()],
    [label("drop"), mov(r0, 1), exit()],
  ),
  { name: "queue_zero" },
);

// #region snapshot
it("is the program it was", async (t) => {
  using test = await testProgram(fromQueueZero);
  t.assert.snapshot(test.instructions);
});
// #endregion
