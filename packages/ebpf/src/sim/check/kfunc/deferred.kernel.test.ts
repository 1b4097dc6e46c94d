/**
 * Work for later, in work queues and for tasks, and locks that may not be got, judged by the checker and by the kernel.
 * @module
 */
import { BtfBuilder } from "../../../btf/testing-builder.ts";
import type { CheckedMap } from "../program.ts";
import { describeAgreement, each, type ProgramTypes } from "../testing-agreement.ts";

/** Values of maps: each has its field at 8, or at 0 and 8 where it has two. */
function buildTypes(): ProgramTypes {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  const long = builder.int("unsigned long", 8);
  const opaque = (name: string, words: number): number =>
    builder.struct(name, words * 8, [["x", builder.array(long, words), 0]]);
  const [queue, work, timer, head] = [
    opaque("bpf_wq", 2),
    opaque("bpf_task_work", 1),
    opaque("bpf_timer", 2),
    opaque("bpf_list_head", 2),
  ];
  const node = opaque("bpf_list_node", 3);
  const [plain, resilient] = ["bpf_spin_lock", "bpf_res_spin_lock"].map((name) =>
    builder.struct(name, 4, [["x", int, 0]]),
  ) as [number, number];
  builder.struct("foo", 32, [
    ["data", long, 0],
    ["node", node, 64],
  ]);
  const map = (
    name: string,
    fields: readonly (readonly [type: number, at: number])[],
  ): CheckedMap => {
    const members = fields.map(([type, at], index) => [`f${index}`, type, at * 8] as const);
    const valueType = builder.struct(name, 40, [...members, ["data", int, 256]]);
    return { name, type: "array", keySize: 4, valueSize: 40, maxEntries: 1, valueType };
  };
  const queues = map("queues", [[queue, 8]]);
  const maps: CheckedMap[] = [
    queues,
    map("queues2", [[queue, 8]]),
    map("works", [[work, 8]]),
    map("works2", [[work, 8]]),
    map("timers", [[timer, 8]]),
    map("timers2", [[timer, 8]]),
    map("plain", [[plain, 8]]),
    map("resilient", [[resilient, 8]]),
    map("resilient2", [[resilient, 8]]),
    map("list", [
      [resilient, 0],
      [head, 8],
    ]),
    {
      name: "nested",
      type: "array_of_maps",
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      inner: queues,
    },
  ];
  const list = builder.nextId - 1;
  builder.declTag("contains:foo:node", list, 1);
  const main = builder.func("main", builder.proto(int, []), 1);
  const other = builder.func("other", builder.proto(int, []), 0);
  return { bytes: builder.build(), functions: [main, other], maps };
}

const types = buildTypes();
const end = "r0 = 0; exit";
const call = (name: string): string => `call kernel:bpf_${name}`;
const at = (map: string, offset = 8): string => `r1 = map[${map}][0]+${offset}`;
/** Looks an element up and goes on with its address in `r6`, or ends. */
const find = (map: string, name = "out"): string =>
  `*(u32 *)(r10 - 4) = 0; r1 = map[${map}]; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto ${name}; r6 = r0`;
const onCpu = "cgroup_skb/cgroup_inet_ingress";
/** Functions that are called later: `body`, then the end with this result. */
const later = (body: string, result = 0): string =>
  `out: ${end}; later: ${body}; r0 = ${result}; exit`;

const init = (wq: string, map: string): string =>
  `${wq}; r2 = map[${map}]; r3 = 0; ${call("wq_init")}`;
const set = (wq: string): string =>
  `${wq}; r2 = subprog[later]; r3 = 0; r4 = 0; ${call("wq_set_callback_impl")}`;
const start = (wq: string): string => `${wq}; r2 = 0; ${call("wq_start")}`;
const nothing = "r4 = 0";
const sleeps = `r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = 0; ${call("copy_from_user_str")}`;
const inRcu = (body: string): string =>
  `${call("rcu_read_lock")}; ${body}; ${call("rcu_read_unlock")}`;

describeAgreement(
  "work queues, by the checker and by the kernel",
  {
    "are begun with their own map": [
      `${init(at("queues"), "queues")}; ${end}`,
      `${init(at("queues"), "queues2")}; ${end}`,
      `${init(at("queues", 0), "queues")}; ${end}`,
      `${init(at("queues", 16), "queues")}; ${end}`,
      `${init(at("works"), "works")}; ${end}`,
      `${init("r1 = r10; r1 += -16", "queues")}; ${end}`,
      `${init("r1 = 0", "queues")}; ${end}`,
      `${at("queues")}; r2 = r1; r3 = 0; ${call("wq_init")}; ${end}`,
      `${at("queues")}; r2 = 0; r3 = 0; ${call("wq_init")}; ${end}`,
      `${at("queues")}; r2 = map[queues]; r3 = r10; ${call("wq_init")}; ${end}`,
      `${at("queues")}; r2 = map[queues]; ${call("wq_init")}; ${end}`,
      `r9 = *(u32 *)(r1 + 0); r9 &= 8; ${at("queues", 0)}; r1 += r9; r2 = map[queues]; r3 = 0; ${call("wq_init")}; ${end}`,
      `kprobe: ${init(at("queues"), "queues")}; ${end}`,
      `${find("queues")}; r1 = r6; r1 += 8; r2 = map[queues]; r3 = 0; ${call("wq_init")}; out: ${end}`,
    ],
    "are begun with their own of the maps in a map": [
      `${find("nested")}; r1 = r6; *(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out;
        r1 = r0; r1 += 8; r2 = r6; r3 = 0; ${call("wq_init")}; out: ${end}`,
      `${find("nested")}; r7 = r6; ${find("nested")}; r1 = r6; *(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4;
        call bpf_map_lookup_elem; if r0 == 0 goto out; r1 = r0; r1 += 8; r2 = r7; r3 = 0; ${call("wq_init")}; out: ${end}`,
      `${find("nested")}; r1 = r6; *(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out;
        r1 = r0; r1 += 8; r2 = map[queues]; r3 = 0; ${call("wq_init")}; out: ${end}`,
    ],
    "call a function later": [
      `${set(at("queues"))}; ${start(at("queues"))}; ${later(nothing)}`,
      `${set(at("queues"))}; ${later(nothing, 1)}`,
      `${set(at("queues"))}; ${later(nothing, 1).replace("r0 = 1; ", "")}`,
      `${set(at("queues"))}; ${later(nothing, 1).replace("r0 = 1; ", "r0 = r1; ")}`,
      `${set(at("queues"))}; ${later("*(u32 *)(r3 + 32) = 1")}`,
      `${set(at("queues"))}; ${later("*(u64 *)(r3 + 8) = 1")}`,
      `${set(at("queues"))}; ${later("*(u32 *)(r3 + 40) = 1")}`,
      `${set(at("queues"))}; ${later("r4 = *(u32 *)(r2 + 0)")}`,
      `${set(at("queues"))}; ${later("r4 = *(u32 *)(r2 + 4)")}`,
      `${set(at("queues"))}; ${later("*(u32 *)(r2 + 0) = 1")}`,
      `${set(at("queues"))}; ${later("r2 += 0; r1 = *(u32 *)(r4 + 0)")}`,
      `${set(at("queues"))}; ${later(sleeps)}`,
      `${inRcu(set(at("queues")))}; ${later(sleeps)}`,
      `${inRcu(set(at("queues")))}; ${later(inRcu(nothing))}`,
      `${set(at("queues"))}; ${later(call("rcu_read_lock"))}`,
      `${set(at("queues"))}; ${later(inRcu(sleeps))}`,
      `${set(at("queues"))}; ${later(set(at("queues")))}`,
      `${set(at("queues"))}; ${later(`r1 = r3; r1 += 8; r2 = 0; ${call("wq_start")}`)}`,
      `${set(at("queues"))}; ${set(at("queues"))}; ${later(nothing)}`,
      `${at("queues")}; r2 = 0; r3 = 0; r4 = 0; ${call("wq_set_callback_impl")}; ${end}`,
      `${start(at("queues", 4))}; ${end}`,
      `${start(at("resilient"))}; ${end}`,
      `syscall: ${set(at("queues"))}; ${later(sleeps)}`,
    ],
    "are no timers": [
      `${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback; ${later(sleeps)}`,
      `syscall: ${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback; ${later(sleeps)}`,
      `${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback; ${later(nothing)}`,
      `${inRcu(`${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback`)}; ${later(nothing)}`,
      `${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback; ${later(
        `${at("timers")}; r2 = subprog[later]; call bpf_timer_set_callback`,
      )}`,
      `${at("timers")}; r2 = map[timers]; r3 = 1; call bpf_timer_init; ${end}`,
      `${at("timers")}; r2 = map[timers2]; r3 = 1; call bpf_timer_init; ${end}`,
    ],
  },
  types,
);

const task = "call bpf_get_current_task_btf; r7 = r0";
const schedule = (tw: string, { how = "signal", map = "works", who = "r7" } = {}): string =>
  `${tw}; r2 = r1; r1 = ${who}; r3 = map[${map}]; r4 = subprog[later]; r5 = 0; ${call(`task_work_schedule_${how}_impl`)}`;

describeAgreement(
  "work for a task, by the checker and by the kernel",
  {
    "is begun with its own map": [
      ...each(["signal", "resume"], (how) => {
        return `${onCpu}: ${task}; ${schedule(at("works"), { how: String(how) })}; ${later(nothing)}`;
      }),
      `${onCpu}: ${task}; ${schedule(at("works"), { map: "works2" })}; ${later(nothing)}`,
      `${onCpu}: ${task}; ${schedule(at("works", 0))}; ${later(nothing)}`,
      `${onCpu}: ${task}; ${schedule(at("queues"), { map: "queues" })}; ${later(nothing)}`,
      `${onCpu}: ${task}; ${schedule("r1 = r10; r1 += -8")}; ${later(nothing)}`,
      `${onCpu}: ${task}; ${schedule("r1 = 0")}; ${later(nothing)}`,
      `kprobe: ${task}; ${schedule(at("works"))}; ${later(nothing)}`,
      `tracepoint: ${task}; ${schedule(at("works"))}; ${later(nothing)}`,
    ],
    "is of a task that the kernel trusts": [
      `${onCpu}: ${schedule(at("works"), { who: "0" })}; ${later(nothing)}`,
      `${onCpu}: ${schedule(at("works"), { who: "r10" })}; ${later(nothing)}`,
      `${onCpu}: ${task}; r7 = *(u64 *)(r7 + 0); ${schedule(at("works"))}; ${later(nothing)}`,
      `${onCpu}: ${task}; r7 += 8; ${schedule(at("works"))}; ${later(nothing)}`,
      `${onCpu}: call bpf_get_current_task; r7 = r0; ${schedule(at("works"))}; ${later(nothing)}`,
    ],
    "calls a function later": [
      ...each([1, -1, 2147483647, -2147483648], (result) => {
        return `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, Number(result))}`;
      }),
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, 1).replace(/exit$/, "r0 <<= 32; exit")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, 1).replace(/exit$/, "r0 <<= 31; exit")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, 1).replace(/exit$/, "r0 = r10; exit")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, 1).replace(/exit$/, "r0 = r1; exit")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(nothing, 1).replace("r0 = 1; ", "")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later(sleeps)}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later("*(u32 *)(r3 + 32) = 1; r4 = *(u32 *)(r2 + 0)")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later("*(u64 *)(r3 + 8) = 1")}`,
      `${onCpu}: ${task}; ${schedule(at("works"))}; ${later("*(u32 *)(r2 + 0) = 1")}`,
      `${onCpu}: ${task}; ${schedule(at("works")).replace("r4 = subprog[later]", "r4 = 0")}; ${end}`,
      `${onCpu}: ${task}; ${schedule(at("works")).replace("r4 = subprog[later]", "r4 = r7")}; ${end}`,
      `${onCpu}: ${task}; ${inRcu(schedule(at("works")))}; ${later(sleeps)}`,
    ],
  },
  types,
);

const lock = (where: string): string => `${where}; ${call("res_spin_lock")}`;
const unlock = (where: string): string => `${where}; ${call("res_spin_unlock")}`;
const got = (where: string): string => `${lock(where)}; if r0 != 0 goto out`;
const flag = (offset: number): string => `r2 = r10; r2 += ${offset}`;
const save = (where: string, offset = -8): string =>
  `${where}; ${flag(offset)}; ${call("res_spin_lock_irqsave")}`;
const restore = (where: string, offset = -8): string =>
  `${where}; ${flag(offset)}; ${call("res_spin_unlock_irqrestore")}`;
const [one, two] = [at("resilient"), at("resilient2")];
const local = (name: string, offset = -16): string => `r1 = r10; r1 += ${offset}; ${call(name)}`;

describeAgreement(
  "locks that may not be got, by the checker and by the kernel",
  {
    "are asked whether they were": [
      `${got(one)}; ${unlock(one)}; out: ${end}`,
      `${got(one)}; out: ${end}`,
      `${lock(one)}; ${unlock(one)}; ${end}`,
      `${lock(one)}; if r0 == 0 goto out; ${end}; out: ${unlock(one)}; ${end}`,
      `${lock(one)}; if r0 != 0 goto out; ${unlock(one)}; out: r1 = map[array][0]+0; r1 += r0; r0 = *(u8 *)(r1 + 0); ${end}`,
      `${lock(one)}; r6 = r0; if r0 == 0 goto mine; r6 += 4095; r1 = map[array][0]+0; if r6 > 60 goto over; r1 += r6;
        r0 = *(u8 *)(r1 + 0); over: ${end}; mine: ${unlock(one)}; ${end}`,
      `${lock(one)}; if r0 s> 0 goto bad; if r0 != 0 goto out; ${unlock(one)}; out: ${end}; bad: r0 = *(u8 *)(r9 + 0); exit`,
      `${lock(one)}; if r0 s< -4095 goto bad; if r0 != 0 goto out; ${unlock(one)}; out: ${end}; bad: r0 = *(u8 *)(r9 + 0); exit`,
    ],
    "are several, given back in the opposite order": [
      `${got(one)}; ${lock(two)}; if r0 != 0 goto first; ${unlock(two)}; first: ${unlock(one)}; out: ${end}`,
      `${got(one)}; ${lock(two)}; if r0 != 0 goto first; ${unlock(one)}; ${unlock(two)}; ${end}; first: ${unlock(one)};
        out: ${end}`,
      `${got(one)}; ${lock(one)}; if r0 != 0 goto first; ${unlock(one)}; first: ${unlock(one)}; out: ${end}`,
      `${got(one)}; ${unlock(two)}; out: ${end}`,
      `${unlock(one)}; ${end}`,
      `${got(one)}; ${unlock(one)}; ${unlock(one)}; out: ${end}`,
      `${find("resilient")}; r6 += 8; r7 = r6; ${find("resilient", "over")}; r6 += 8; ${got("r1 = r6")}; ${lock("r1 = r7")};
        if r0 != 0 goto first; ${unlock("r1 = r7")}; first: ${unlock("r1 = r6")}; out: over: ${end}`.replace(
        "out: over:",
        "out: r0 = 0; over:",
      ),
      `${find("resilient")}; r6 += 8; r7 = r6; ${find("resilient", "over")}; r6 += 8; ${got("r1 = r6")};
        ${unlock("r1 = r7")}; out: r0 = 0; over: ${end}`,
    ],
    "lie where they belong": [
      `${got(at("resilient", 0))}; ${unlock(one)}; out: ${end}`,
      `${got(at("plain"))}; ${unlock(at("plain"))}; out: ${end}`,
      `${got("r1 = r10; r1 += -8")}; out: ${end}`,
      `${got("r1 = 0")}; out: ${end}`,
      `${one}; call bpf_spin_lock; ${one}; call bpf_spin_unlock; ${end}`,
      `*(u64 *)(r10 - 8) = 0; ${one}; r0 = *(u32 *)(r1 + 0); ${end}`,
      `${one}; *(u32 *)(r1 + 0) = 0; ${end}`,
      `socket_filter: ${got(one)}; ${unlock(one)}; out: ${end}`,
      `kprobe: ${got(one)}; ${unlock(one)}; out: ${end}`,
      `syscall: ${got(one)}; ${unlock(one)}; out: ${end}`,
    ],
    "go with the plain ones": [
      `${at("plain")}; call bpf_spin_lock; ${got(one)}; ${unlock(one)}; ${at("plain")}; call bpf_spin_unlock; ${end}; out:
        ${at("plain")}; call bpf_spin_unlock; ${end}`,
      `${at("plain")}; call bpf_spin_lock; ${got(one)}; ${at("plain")}; call bpf_spin_unlock; ${unlock(one)}; ${end}; out:
        ${at("plain")}; call bpf_spin_unlock; ${end}`,
      `${got(one)}; ${at("plain")}; call bpf_spin_lock; ${at("plain")}; call bpf_spin_unlock; ${unlock(one)}; out: ${end}`,
      `${got(one)}; call bpf_ktime_get_ns; ${unlock(one)}; out: ${end}`,
      `${got(one)}; ${call("rcu_read_lock")}; ${call("rcu_read_unlock")}; ${unlock(one)}; out: ${end}`,
      `${got(one)}; r1 = r10; r1 += -16; r2 = 0; r3 = 3; ${call("iter_num_new")}; r1 = r10; r1 += -16;
        ${call("iter_num_destroy")}; ${unlock(one)}; out: ${end}`,
      `${got(one)}; r1 = 1; r2 = map[array][0]+0; r3 = r2; r4 = 8; r5 = 0; ${call("stream_vprintk_impl")};
        ${unlock(one)}; out: ${end}`,
    ],
    "switch interrupts off": [
      `${save(one)}; if r0 != 0 goto out; ${restore(one)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${unlock(one)}; out: ${end}`,
      `${got(one)}; ${restore(one)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${restore(one, -16)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${unlock(one)}; ${local("local_irq_restore", -8)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${local("local_irq_restore", -8)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; r3 = *(u64 *)(r10 - 8); ${restore(one)}; out: ${end}`,
      `${save(one)}; if r0 == 0 goto mine; ${restore(one)}; ${end}; mine: ${restore(one)}; ${end}`,
      `${one}; ${flag(-4)}; ${call("res_spin_lock_irqsave")}; ${end}`,
      `${one}; r2 = 0; ${call("res_spin_lock_irqsave")}; ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${save(two)}; if r0 != 0 goto first; ${restore(two)}; first: ${restore(one)};
        out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${save(two, -16)}; if r0 != 0 goto first; ${restore(two, -16)};
        first: ${restore(one)}; out: ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${save(two, -16)}; if r0 != 0 goto first; ${restore(one)}; ${restore(two, -16)}; ${end};
        first: ${restore(one)}; out: ${end}`,
      `${local("local_irq_save")}; ${save(one)}; if r0 != 0 goto out; ${restore(one)};
        out: ${local("local_irq_restore")}; ${end}`,
      `${local("local_irq_save")}; ${save(one)}; if r0 != 0 goto out; ${local("local_irq_restore")}; ${restore(one)}; ${end};
        out: ${local("local_irq_restore")}; ${end}`,
      `${save(one)}; if r0 != 0 goto out; ${lock(two)}; if r0 != 0 goto first; ${unlock(two)}; first: ${restore(one)};
        out: ${end}`,
      `${local("local_irq_save", -8)}; ${one}; ${flag(-8)}; ${call("res_spin_unlock_irqrestore")}; ${end}`,
    ],
    "hold lists": [
      `${got(at("list", 0))}; ${at("list")}; ${call("list_front")}; ${unlock(at("list", 0))}; out: ${end}`,
      `${at("list")}; ${call("list_front")}; ${end}`,
      `${got(one)}; ${at("list")}; ${call("list_front")}; ${unlock(one)}; out: ${end}`,
      `${got(at("list", 0))}; ${at("list")}; ${call("list_front")}; r6 = r0; ${unlock(at("list", 0))}; if r6 == 0 goto out;
        r1 = *(u64 *)(r6 - 8); out: ${end}`,
      `${got(at("list", 0))}; ${at("list")}; ${call("list_front")}; if r0 == 0 goto over; r1 = *(u64 *)(r0 - 8); over:
        ${unlock(at("list", 0))}; out: ${end}`,
    ],
  },
  types,
);
