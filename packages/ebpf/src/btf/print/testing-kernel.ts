/**
 * A BTF with what a kernel's has and printers treat in a way of its own, for tests.
 * @module
 */
import { type Btf, parseBtf } from "../btf.ts";
import { BtfBuilder } from "../testing-builder.ts";

/**
 * ```c
 * struct packet { __be16 port; __be32 address; bool valid; unsigned char raw[6]; };         // network order
 * struct object { struct packet *packet; const char *name; void *data; unsigned int *count;  // pointers
 *                 int (*call)(struct object *); struct packet __user *user; hidden *hidden; };
 * typedef struct { int counter; } atomic_t;
 * struct __attribute__((packed)) tight { char kind; unsigned long value; };
 * struct wide { atomic_t users; // 4 bytes nothing
 *               unsigned long flags : 40; unsigned long last : 20; enum colour colour; };    // at bit 64
 * union number { int number; unsigned long long string; };
 * ```
 */
export function kernelSample(): Btf {
  return parseBtf(kernelSampleBytes(), { path: "sample" });
}

/** The bytes of {@link kernelSample}. */
export function kernelSampleBytes(): Uint8Array {
  const builder = new BtfBuilder();
  const types = addScalars(builder);
  const packet = addPacket(builder, types);
  addObject(builder, types, packet);
  const tight = addLayouts(builder, types);
  addHooks(builder, types, { packet, tight });
  return builder.build();
}

type Scalars = ReturnType<typeof addScalars>;

function addScalars(builder: BtfBuilder) {
  const int = builder.int("int", 4, 1);
  const char = builder.int("char", 1);
  const byte = builder.int("unsigned char", 1);
  const short = builder.int("unsigned short", 2);
  const unsigned = builder.int("unsigned int", 4);
  const long = builder.int("unsigned long", 8);
  const bool = builder.int("_Bool", 1, 4);
  const voidPtr = builder.ptr(0);
  return { int, char, byte, short, unsigned, long, bool, voidPtr };
}

/** Returns the id of `struct packet *`. */
function addPacket(builder: BtfBuilder, { byte, short, unsigned, bool }: Scalars): number {
  const be16 = builder.reference("typedef", short, "__be16");
  const be32 = builder.reference("typedef", unsigned, "__be32");
  const raw = builder.array(byte, 6);
  const packet = builder.struct("packet", 16, [
    ["port", be16, 0],
    ["address", be32, 32],
    ["valid", bool, 64],
    ["raw", raw, 72],
  ]);
  return builder.ptr(packet);
}

function addObject(builder: BtfBuilder, types: Scalars, packetPtr: number): void {
  const name = builder.ptr(builder.reference("const", types.char));
  const count = builder.ptr(types.unsigned);
  const user = builder.ptr(builder.reference("type_tag", packetPtr - 1, "user"));
  const hidden = builder.ptr(builder.reference("fwd", 0, "hidden"));
  // The struct comes behind its pointer, the prototype and the pointer to that.
  const objectPtr = builder.ptr(builder.nextId + 3);
  const call = builder.ptr(builder.proto(types.int, [["", objectPtr]]));
  builder.struct("object", 56, [
    ["packet", packetPtr, 0],
    ["name", name, 64],
    ["data", types.voidPtr, 128],
    ["count", count, 192],
    ["call", call, 256],
    ["user", user, 320],
    ["hidden", hidden, 384],
  ]);
}

/** Returns the id of `struct tight`. */
function addLayouts(builder: BtfBuilder, { int, char, long }: Scalars): number {
  const counter = builder.struct("", 4, [["counter", int, 0]]);
  const atomic = builder.reference("typedef", counter, "atomic_t");
  const tight = builder.struct("tight", 9, [
    ["kind", char, 0],
    ["value", long, 8],
  ]);
  const colour = builder.enum("colour", { RED: 1, GREEN: 2 });
  builder.struct("wide", 24, [
    ["users", atomic, 0],
    ["flags", long, 64, 40],
    ["last", long, 104, 20],
    ["colour", colour, 128],
  ]);
  builder.union("number", 8, [
    ["number", int, 0],
    ["string", long, 0],
  ]);
  builder.struct("packet", 4, [["other", int, 0]]);
  return tight;
}

function addHooks(
  builder: BtfBuilder,
  types: Scalars,
  { packet, tight }: { readonly packet: number; readonly tight: number },
): void {
  const hook = builder.proto(types.int, [
    ["packet", packet],
    ["new", types.int],
  ]);
  builder.func("bpf_lsm_packet_open", hook);
  builder.func("bpf_lsm_packet_free", builder.proto(0, [["packet", packet]]));
  const find = builder.func("bpf_packet_find", builder.proto(packet, [["id", types.unsigned]]));
  builder.declTag("bpf_kfunc", find);
  const cookie = builder.proto(builder.ptr(types.unsigned), [["ctx", builder.ptr(0)]]);
  for (const name of ["bpf_session_cookie", "bpf_packet_count"])
    builder.declTag("bpf_kfunc", builder.func(name, cookie));
  const tightPtr = builder.ptr(tight);
  builder.struct("bpf_iter__packet", 24, [
    ["meta", tightPtr, 0],
    ["packet", packet, 64],
    ["count", types.unsigned, 128],
  ]);
  builder.struct("trace_event_raw_sched_wakeup_template", 4, [["pid", types.int, 0]]);
  builder.struct("xdp_md", 8, [
    ["data", types.unsigned, 0],
    ["data_end", types.unsigned, 32],
  ]);
  const cb = builder.array(types.unsigned, 5);
  builder.struct("__sk_buff", 28, [
    ["len", types.unsigned, 0],
    ["mark", types.unsigned, 32],
    ["cb", cb, 64],
  ]);
}
