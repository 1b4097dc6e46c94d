/**
 * Programs that are loaded and attached to find out what a machine can do, and are gone afterwards.
 *
 * None of them does anything. Each function throws the kernel's refusal.
 * @module
 */
import { add, mov } from "../asm/alu.ts";
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { ldx } from "../asm/memory.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import { fieldOffset } from "../btf/member.ts";
import type { BtfTypeId } from "../btf/type.ts";
import { encode } from "../isa/encode.ts";
import { r0, r1, r10, r2, r3 } from "../isa/register.ts";
import type { ProgLoad } from "../kernel/commands.ts";
import { kernelBtf } from "../program/kernel-btf.ts";
import { openNativeKernel } from "../sys/native-kernel.ts";

/** Loads a program of the shape. */
export function loadReturning0(shape: Pick<ProgLoad, "progType"> & Partial<ProgLoad>): void {
  openNativeKernel()
    .bpf("progLoad", { insns: returning0, license: "GPL", ...shape })
    .close();
}

const returning0 = encode(assemble(mov(r0, 0), exit()));

/** Attaches to a function of the kernel that does nothing. */
export function attachFentry(): void {
  const kernel = openNativeKernel();
  using prog = kernel.bpf("progLoad", {
    progType: "tracing",
    expectedAttachType: "trace_fentry",
    attachBtfId: functionId("bpf_fentry_test1"),
    insns: returning0,
    license: "GPL",
  });
  kernel.bpf("rawTracepointOpen", { prog }).close();
}

type MultiAttachType = `trace_${"kprobe" | "uprobe"}_${"multi" | "session"}`;

/** Attaches to a function of the kernel, or a place of a program. */
export function attachMulti(attachType: MultiAttachType): void {
  const kernel = openNativeKernel();
  using prog = kernel.bpf("progLoad", {
    progType: "kprobe",
    expectedAttachType: attachType,
    insns: returning0,
    license: "GPL",
  });
  const places = attachType.startsWith("trace_kprobe")
    ? { kprobeMulti: { symbols: ["vfs_read"] } }
    : { uprobeMulti: { path: "/proc/self/exe", offsets: [0x1000n] } };
  kernel.bpf("linkCreate", { prog, attachType, ...places }).close();
}

/** Loads a security hook that asks for the path of the file that is opened, which kernels before 5.11 refuse. */
export function loadNamingFile(): void {
  const path = fieldOffset(kernelBtf(openNativeKernel()), "file", "f_path");
  const insns = assemble(
    ldx("u64", r1, r1, 0),
    add(r1, path),
    mov(r2, r10),
    add(r2, -8),
    mov(r3, 8),
    call("d_path"),
    mov(r0, 0),
    exit(),
  );
  loadReturning0({
    progType: "lsm",
    expectedAttachType: "lsm_mac",
    attachBtfId: functionId("bpf_lsm_file_open"),
    insns: encode(insns),
  });
}

/** Id of a function's type in the kernel's BTF. */
export function functionId(name: string): BtfTypeId {
  const found = kernelBtf(openNativeKernel()).findByName(name, "func");
  if (found === undefined) throw new InvalidArgumentError(`this kernel has no function ${name}`);
  return found.id;
}
