/*
 * af-xdp FILLS PACKETS: lets packets of 64 bytes come in at one end of a veth pair, then takes them out of an AF_XDP socket and gives their
 * frames back. 8 bytes of each packet, which are 1, are added to a sum. Timed are the whole way, and what of it is taking, from poll(2) on.
 * Runs in a network namespace of its own. Packets are made by test runs with live frames (Linux 5.18), which are the same for both sides.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <errno.h>
#include <unistd.h>
#include "rounds.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

enum { RING_SIZE = 1 << 14, FRAME_SIZE = 2048, PACKET_SIZE = 64, TEST_RUN_LIVE = 1 << 1 };

/* Without IPv6, where there is any, so that the kernel sends nothing itself. */
static const char make_interfaces[] = "{ echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; } 2> /dev/null;"
				      " ip link add near0 type veth peer name far0 && ip link set near0 up && ip link set far0 up";

struct ring {
	uint32_t *producer, *consumer;
	void *entries;
};

static struct ring fill, receive;
static unsigned char *memory;
static int interface, program, xsk;

static void system_call(const char *what, long result)
{
	check(what, result < 0 ? -errno : 0);
}

static void option(int name, const void *value, socklen_t length)
{
	system_call("set an option", setsockopt(xsk, SOL_XDP, name, value, length));
}

static struct ring map_ring(const struct xdp_ring_offset *offset, size_t entry_size, off_t place)
{
	char *start = mmap(NULL, offset->desc + RING_SIZE * entry_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, xsk, place);

	system_call("map a ring", start == MAP_FAILED ? -1 : 0);
	return (struct ring){ (void *)(start + offset->producer), (void *)(start + offset->consumer), start + offset->desc };
}

static void open_socket(void)
{
	struct xdp_umem_reg umem = { .len = (uint64_t)RING_SIZE * FRAME_SIZE, .chunk_size = FRAME_SIZE };
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP, .sxdp_ifindex = (uint32_t)interface, .sxdp_flags = XDP_USE_NEED_WAKEUP };
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	int size = RING_SIZE;

	xsk = socket(AF_XDP, SOCK_RAW, 0);
	system_call("open a socket", xsk);
	memory = mmap(NULL, umem.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	umem.addr = (uint64_t)(uintptr_t)memory;
	option(XDP_UMEM_REG, &umem, sizeof(umem));
	option(XDP_UMEM_FILL_RING, &size, sizeof(size));
	option(XDP_UMEM_COMPLETION_RING, &size, sizeof(size));
	option(XDP_RX_RING, &size, sizeof(size));
	system_call("get offsets", getsockopt(xsk, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length));
	fill = map_ring(&offsets.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
	receive = map_ring(&offsets.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
	for (uint64_t frame = 0; frame < RING_SIZE; frame++)
		((uint64_t *)fill.entries)[frame] = frame * FRAME_SIZE;
	__atomic_store_n(fill.producer, RING_SIZE, __ATOMIC_RELEASE);
	system_call("bind", bind(xsk, (struct sockaddr *)&address, sizeof(address)));
}

/* Every packet goes to the socket at index 0. */
static void load_program(void)
{
	int map = check("create the map", bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sockets", 4, 4, 1, NULL));
	uint32_t key = 0;
	struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_XDP);
	LIBBPF_OPTS(bpf_link_create_opts, link);

	program = check("load", bpf_prog_load(BPF_PROG_TYPE_XDP, "to_socket", "GPL", code, sizeof(code) / sizeof(*code), &load));
	check("put the socket into the map", bpf_map_update_elem(map, &key, &xsk, BPF_ANY));
	check("attach", bpf_link_create(program, interface, BPF_XDP, &link));
}

/* Lets packets come in at the interface, each beginning with the number 1. */
static void deliver(uint32_t packets)
{
	uint64_t packet[PACKET_SIZE / 8] = { 1 };
	struct xdp_md context = { .data_end = PACKET_SIZE, .ingress_ifindex = (uint32_t)interface };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet), .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = (int)packets, .flags = TEST_RUN_LIVE);

	check("deliver packets", bpf_prog_test_run_opts(program, &options));
}

/* Takes all packets that are there; returns how many, and adds what they begin with to `sum`. */
static uint32_t take(uint64_t *sum)
{
	const struct xdp_desc *packets = receive.entries;
	uint64_t *frames = fill.entries;
	uint32_t at = *receive.consumer;
	uint32_t to = *fill.producer;
	uint32_t count = __atomic_load_n(receive.producer, __ATOMIC_ACQUIRE) - at;

	for (uint32_t index = 0; index < count; index++) {
		const struct xdp_desc *packet = &packets[(at + index) & (RING_SIZE - 1)];

		*sum += *(const uint64_t *)(memory + packet->addr);
		frames[(to + index) & (RING_SIZE - 1)] = packet->addr & ~(uint64_t)(FRAME_SIZE - 1);
	}
	__atomic_store_n(receive.consumer, at + count, __ATOMIC_RELEASE);
	__atomic_store_n(fill.producer, to + count, __ATOMIC_RELEASE);
	return count;
}

/* Nanoseconds until packets lie in the socket, and until they are taken. */
struct times {
	uint64_t delivered, taken;
};

static void deliver_and_take(uint32_t packets, struct times *times)
{
	struct pollfd readable = { .fd = xsk, .events = POLLIN };
	uint64_t sum = 0;
	uint64_t start = cpu_ns();

	deliver(packets);
	uint64_t delivered = cpu_ns();

	for (uint32_t taken = 0; taken < packets; taken += take(&sum))
		system_call("poll", poll(&readable, 1, -1));
	uint64_t end = cpu_ns();

	expect("the packets that were delivered", sum == packets);
	times->delivered += delivered - start;
	times->taken += end - delivered;
}

int main(int argc, char **argv)
{
	uint32_t fills = number_argument(argc, argv, 1);
	uint32_t packets = number_argument(argc, argv, 2);

	expect("a pair of interfaces", system(make_interfaces) == 0);
	interface = (int)if_nametoindex("far0");
	expect("an interface", interface > 0);
	open_socket();
	load_program();
	say_ready();
	while (next_round()) {
		struct times times = { 0 };
		double all = (double)fills * packets;

		for (uint32_t count = 0; count < fills; count++)
			deliver_and_take(packets, &times);
		printf("{\"ns\":%.4f,\"take\":%.4f}\n", (double)(times.delivered + times.taken) / all, (double)times.taken / all);
		fflush(stdout);
	}
	return 0;
}
