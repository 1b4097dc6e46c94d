/**
 * The side of this library: a process that loads the objects it is told, and describes what another loader pinned.
 *
 * It runs apart so that whoever compares survives what it does.
 * @module
 */
import { BpfError, loadObject } from "ts-ebpf";
import { openNativeKernel } from "ts-ebpf/sys";
import { describeCollection, describePinned, refusal, type Verdict } from "./verdict.ts";

/** What the process is asked: to load a file, or to describe what is pinned in a folder. */
export type Question = { readonly load: string } | { readonly pinned: string };

const kernel = openNativeKernel();

async function answer(question: Question): Promise<Verdict> {
  if ("pinned" in question) return describePinned(kernel, question.pinned);
  try {
    await using loaded = loadObject(question.load, { kernel });
    return describeCollection(kernel, loaded);
  } catch (error) {
    return refusal(describeError(error));
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof BpfError)) return `CRASH ${(error as Error).stack}`;
  const hint = error.hint === undefined ? "" : ` [${error.hint}]`;
  return `${error.name}: ${error.message}${hint}`;
}

process.on("message", (question: Question) => {
  void answer(question).then(
    (verdict) => process.send!(verdict),
    (error: unknown) => process.send!(refusal(`CRASH ${String((error as Error).stack)}`)),
  );
});
