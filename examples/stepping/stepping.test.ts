import assert from "node:assert/strict";
import { it } from "node:test";
import { hashMap, kernel, load, packet, u64, u8, xdp } from "ts-ebpf";
import { createSimulatedKernel, formatTrace, Stepper } from "ts-ebpf/sim";
import { ethernet } from "ts-ebpf/testing";

const counts = hashMap("counts", u8, u64, 256);

const onPacket = xdp((ctx) => {
  "use bpf";
  const pkt = packet(ctx);
  if (!pkt.next(kernel.ethhdr)) return 2;
  const ip = pkt.next(kernel.iphdr);
  if (!ip) return 2;
  counts.update(ip.protocol, 1n);
  return 1;
});

const data = ethernet().ipv4().udp().bytes;
const text = (stepper: Stepper): string | undefined =>
  stepper.current?.instruction.source?.text.trim();

it("goes through a run, on and back", async () => {
  // #region step
  const simulated = createSimulatedKernel();
  await using loaded = await load({ counts, onPacket }, { kernel: simulated });
  const recording = simulated.record(() => loaded.onPacket.run({ data }));

  const stepper = new Stepper(recording);
  stepper.stepLine();
  assert.equal(text(stepper), "if (!pkt.next(kernel.ethhdr)) return 2;");
  stepper.stepInstruction();
  stepper.backLine();
  assert.equal(text(stepper), "const pkt = packet(ctx);");
  // #endregion
});

it("stops at lines, and where something changes", async () => {
  const simulated = createSimulatedKernel();
  await using loaded = await load({ counts, onPacket }, { kernel: simulated });
  // #region watch
  const recording = simulated.record(() => loaded.onPacket.run({ data }), {
    watch: {
      udp: () => loaded.counts.get(17),
      key: ({ registers }, memory) => memory.load(registers[10]! - 8n, 1),
    },
  });

  const stepper = new Stepper(recording);
  stepper.resume({ watch: ["udp"] });
  assert.equal(stepper.current?.watched.get("udp"), 1n);
  assert.equal(text(stepper), "return 1;");

  stepper.restart();
  stepper.resume({ breakpoints: [{ when: ({ watched }) => watched.get("key") === 17n }] });
  assert.equal(text(stepper), "counts.update(ip.protocol, 1n);");
  assert.equal(stepper.current?.registers[1], 17n);
  // #endregion
});

it("prints all of a run", async () => {
  const simulated = createSimulatedKernel();
  await using loaded = await load({ counts, onPacket }, { kernel: simulated });
  // #region trace
  const recording = simulated.record(() => loaded.onPacket.run({ data }));
  const trace = [...formatTrace(recording)].join("\n");
  assert.match(trace, /; stepping\/.*\.ts:\d+ {2}counts\.update\(ip\.protocol, 1n\);/);
  assert.match(trace, /r0 = 1 +r0 = 1$/m);
  // #endregion
});
