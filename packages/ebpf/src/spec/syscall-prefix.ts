/**
 * What the kernel's functions for system calls are called.
 * @module
 */

/** Wrappers that take the registers of the process: SYSCALL_DEFINE in arch/…/include/asm/syscall_wrapper.h. */
const wrapperPrefixes: Readonly<Record<string, string>> = {
  x86_64: "__x64_sys_",
  aarch64: "__arm64_sys_",
  s390x: "__s390x_sys_",
  riscv64: "__riscv_sys_",
};

/** What names of these functions may begin with on a machine (`uname -m`), the likelier first. */
export function syscallPrefixes(machine: string): readonly string[] {
  const wrapper = wrapperPrefixes[machine];
  return wrapper === undefined ? ["sys_"] : [wrapper, "sys_"];
}
