/**
 * Functions of JavaScript that a kernel program cannot call, with what to call instead.
 *
 * They are told by their names: what JavaScript itself has, has no source, so that a name is all there is to go by.
 * @module
 */

const clock = "the kernel's clocks are bpf.ktimeGetNs() and bpf.ktimeGetBootNs()";
const whole = "there are whole numbers only, and of Math what works on those";
const iterate = "write for (const x of …)";
const elsewhere = "send the parts in an event, and do this in user space";
const timer = "a timer in a map value runs a function later: bpf.timerStart(…)";
const print = "lines for the trace pipe are written with printk`…`, data with a ring buffer";
const fields = "objects and arrays are fields of a struct with a layout: Key({ … })";
const outside = "what is outside of the function cannot be changed; keep it in a map: queueMap(…)";
const keep = "keep what is looked up in a map of the kernel: hashMap(…)";

const hints: ReadonlyMap<string, string> = new Map([
  ["printk", "it is called with a template: printk`pid ${pid}`"],
  ["now", clock],
  ["random", "random bits are bpf.getPrandomU32()"],
  ["parseInt", "numbers are converted with u32(…), text with bpf.strtoul(…)"],
  ["String", "text is put together with a template: `${x}`"],
  ["Symbol", "capture a constant"],
  ...["setTimeout", "setInterval", "setImmediate"].map((name) => [name, timer] as const),
  ...["log", "debug", "info", "warn", "error"].map((name) => [name, print] as const),
  ...["assign", "fromEntries", "from", "of"].map((name) => [name, fields] as const),
  ["Array", fields],
  ...["push", "pop", "shift", "unshift", "splice", "sort", "fill"].map(
    (name) => [name, outside] as const,
  ),
  ...["stringify", "parse", "toString"].map((name) => [name, elsewhere] as const),
  ...["get", "has", "set"].map((name) => [name, keep] as const),
  ...["parseFloat", "sqrt", "cbrt", "pow", "exp", "log2", "log10", "hypot", "sin", "cos"].map(
    (name) => [name, whole] as const,
  ),
  ...[
    "map",
    "filter",
    "reduce",
    "forEach",
    "find",
    "some",
    "every",
    "includes",
    "indexOf",
    "at",
  ].map((name) => [name, iterate] as const),
]);

/** What to write instead of a call of a function that has no source here. */
export function insteadOf(callee: (...given: never[]) => unknown): string {
  const { name } = callee;
  const isOfJavaScript = Function.prototype.toString.call(callee).endsWith("{ [native code] }");
  const otherwise = isOfJavaScript
    ? "it is a function of JavaScript itself; what it gives for constants is best computed outside"
    : `functions that are called need "use bpf" as their first line; ${name || "this one"} has none`;
  return hints.get(name) ?? otherwise;
}
