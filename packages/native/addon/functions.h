// Every function JavaScript can call; what they take is in module.c, what they promise in src/bridge.ts.
#ifndef TS_EBPF_FUNCTIONS_H
#define TS_EBPF_FUNCTIONS_H

#include "call.h"

long run_bpf(struct call *call);
long run_bpf_open(struct call *call);
long run_prepare(struct call *call);

long run_close(struct call *call);
long run_duplicate(struct call *call);
long run_perf_event_open(struct call *call);
long run_ioctl(struct call *call);
long run_epoll_create(struct call *call);
long run_epoll_control(struct call *call);
long run_epoll_take(struct call *call);
long run_resource_limit(struct call *call);

long run_socket(struct call *call);
long run_bind(struct call *call);
long run_send(struct call *call);
long run_receive(struct call *call);
long run_set_socket_option(struct call *call);
long run_get_socket_option(struct call *call);

long run_map(struct call *call);
long run_unmap(struct call *call);
long run_page_size(struct call *call);

long run_xsk_open(struct call *call);
long run_xsk_take(struct call *call);
long run_xsk_put(struct call *call);
long run_xsk_pending(struct call *call);
long run_xsk_wake(struct call *call);
long run_xsk_close(struct call *call);

long run_user_ring_open(struct call *call);
long run_user_ring_reserve(struct call *call);
long run_user_ring_settle(struct call *call);
long run_user_ring_pending(struct call *call);
long run_user_ring_close(struct call *call);

long run_poll_start(struct call *call);
long run_poll_stop(struct call *call);
long run_poll_keep_alive(struct call *call);

// What the handles are marked with.
extern const napi_type_tag poll_tag;
extern const napi_type_tag user_ring_tag;
extern const napi_type_tag xsk_tag;

#endif
