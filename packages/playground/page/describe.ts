/**
 * Values for people: what is in maps, events and registers, as text.
 * @module
 */

/** A value on one line, as JavaScript writes it but for the `n` of bigints and the quotes around names. */
export function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return `[${value.map(describeValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${describeValue(field)}`);
    return `{ ${fields.join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Bytes as pairs of digits. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** What programs of a type mean by what they return: names of include/uapi/linux/bpf.h and pkt_cls.h. */
const verdicts: { readonly [type: string]: readonly string[] } = {
  xdp: ["XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"],
  sched_cls: [
    "TC_ACT_OK",
    "TC_ACT_RECLASSIFY",
    "TC_ACT_SHOT",
    "TC_ACT_PIPE",
    "TC_ACT_STOLEN",
    "TC_ACT_QUEUED",
    "TC_ACT_REPEAT",
    "TC_ACT_REDIRECT",
  ],
  cgroup_skb: ["drop", "pass"],
};

/** `2 XDP_PASS`: a result with its name, where results of such programs have names. */
export function describeVerdict(type: string, value: number): string {
  const name = verdicts[type]?.[value];
  return name === undefined ? String(value) : `${value} ${name}`;
}
