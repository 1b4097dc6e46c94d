/**
 * Programs and libraries for tests of probes on user space, compiled when a test wants them.
 *
 * Each program reads bytes and does its work for each of them. Notes of USDT probes are written out in assembly, so that
 * each form of an argument is there for sure and <sys/sdt.h> is not needed; that program is for x86-64.
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A compiled program in a folder of its own. */
export interface TestExecutable extends Disposable {
  readonly path: string;
}

/** Compiles `source` with clang, with `versions` as a library. Disposing of it removes the file. */
export function compileExecutable(source: string, versions?: string): TestExecutable {
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-probed-"));
  const path = join(folder, "probed");
  writeFileSync(`${path}.c`, source);
  const options = ["-O1", "-g0"];
  if (versions !== undefined) {
    writeFileSync(`${path}.map`, versions);
    options.push("-shared", "-fPIC", `-Wl,--version-script=${path}.map`);
  }
  execFileSync("clang", [...options, "-o", path, `${path}.c`], { stdio: "pipe" });
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/**
 * Calls `visible`, `also_visible` and the file's own `hidden`, once for each byte of its input, and answers with a byte that
 * says whether somebody counts as listening.
 */
export const functionsProgram = `
#include <unistd.h>
__attribute__((section(".probes"), used)) volatile unsigned short listeners;
__attribute__((noinline)) static int hidden(int n) { __asm__ volatile(""); return n + 1; }
__attribute__((noinline)) int visible(int n) { __asm__ volatile(""); return n + 2; }
__attribute__((noinline)) int also_visible(int n) { __asm__ volatile(""); return n + 3; }
int main(void) {
  unsigned char byte;
  while (read(0, &byte, 1) == 1) {
    if (hidden(byte) + visible(byte) + also_visible(byte) == 0) return 1;
    byte = listeners > 0 ? 'y' : 'n';
    if (write(1, &byte, 1) != 1) return 1;
  }
  return 0;
}
`;

/** A library with two versions of a function, the first of them only for old programs. */
export const versionedLibrary = `
int old_answer(void) { return 1; }
int new_answer(void) { return 2; }
__asm__(".symver old_answer,answer@VERSION_1");
__asm__(".symver new_answer,answer@@VERSION_2");
`;

/**
 * Fires its probes once for each byte of its input. `numbers` and `places` have arguments of every form, `twice` has two
 * sites, `guarded` a semaphore; `unreadable` is never reached and has an argument nobody can read.
 */
export const usdtProgram = `
#include <unistd.h>

#define NOTE(semaphore, name, arguments) \\
  "990: nop\\n" \\
  ".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n" \\
  ".balign 4\\n" \\
  ".4byte 992f-991f, 994f-993f, 3\\n" \\
  "991: .asciz \\"stapsdt\\"\\n" \\
  "992: .balign 4\\n" \\
  "993: .8byte 990b, _.stapsdt.base, " semaphore "\\n" \\
  ".asciz \\"test\\"\\n.asciz \\"" name "\\"\\n.asciz \\"" arguments "\\"\\n" \\
  "994: .balign 4\\n" \\
  ".popsection\\n" \\
  ".ifndef _.stapsdt.base\\n" \\
  ".pushsection .stapsdt.base,\\"a\\",\\"progbits\\"\\n" \\
  "_.stapsdt.base: .space 1\\n" \\
  ".popsection\\n" \\
  ".endif\\n"

__attribute__((section(".probes"), used)) unsigned short test_guarded;
static const char *text = "seen";
int unguarded;

__attribute__((noinline)) static void fire(int number) {
  long words[4] = { 10, 20, 30, 40 };
  signed char bytes[3] = { -2, 0, -3 };
  __asm__ volatile(NOTE("0", "numbers",
      "-4@%k0 4@%k0 -2@%w0 2@%w0 -1@%b0 1@%b0 8@%1 -8@$-7 4@$0x10")
      : : "r"((long)number), "r"(text));
  __asm__ volatile(NOTE("0", "places", "8@(%%rbx) 8@8(%%rbx) -8@-8(%%rcx) 8@8(%%rbx,%%rdx,8) -1@(%%rsi) 1@1(%%rsi,%%rdx)")
      : : "b"(words), "c"(words + 3), "d"(1L), "S"(bytes) : "memory");
  __asm__ volatile(NOTE("0", "twice", "4@$1 8@%0") : : "r"(111L));
  __asm__ volatile(NOTE("0", "twice", "8@%0 4@$222") : : "r"(2L));
  if (test_guarded) __asm__ volatile(NOTE("test_guarded", "guarded", "-4@%k0") : : "r"((long)number));
  if (number == -1) __asm__ volatile(NOTE("0", "unreadable", "8@%%xmm0") : :);
}

int main(void) {
  char byte;
  while (read(0, &byte, 1) == 1) {
    fire(-byte);
    if (!test_guarded) unguarded++;
    if (write(1, &byte, 1) != 1) return 1;
  }
  return 0;
}
`;
