/**
 * What whoever runs the tests promises that the machine has; see {@link needs} for what follows from it.
 * @module
 */

/** Names in `EBPF_TEST_PROMISES`, a list like `root,bpf,btf`. */
export function promises(
  list: string = process.env["EBPF_TEST_PROMISES"] ?? "",
): readonly string[] {
  return list.split(/[\s,]+/).filter((name) => name !== "");
}
