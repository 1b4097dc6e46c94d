// System calls on sockets.
#include "functions.h"
#include "owned.h"
#include "syscall.h"

long run_socket(struct call *call) {
  enum { SOCK_CLOEXEC = 02000000 }; // include/linux/net.h; nothing opened here is inherited
  const struct argument *argument = call->arguments;
  long type = argument[1].number | SOCK_CLOEXEC;
  return owned_add(call, syscall3(SYS_socket, argument[0].number, type, argument[2].number));
}

long run_bind(struct call *call) {
  const struct argument *address = &call->arguments[1];
  return syscall3(SYS_bind, fd_argument(call, 0), (long)address->data, (long)address->length);
}

long run_send(struct call *call) {
  const struct argument *data = &call->arguments[1];
  const struct argument *address = &call->arguments[3];
  return syscall6(SYS_sendto, fd_argument(call, 0), (long)data->data, (long)data->length,
                  call->arguments[2].number, (long)address->data, (long)address->length);
}

long run_receive(struct call *call) {
  const struct argument *data = &call->arguments[1];
  return syscall6(SYS_recvfrom, fd_argument(call, 0), (long)data->data, (long)data->length,
                  call->arguments[2].number, 0, 0);
}

long run_set_socket_option(struct call *call) {
  const struct argument *argument = call->arguments;
  pointers_store(&call->pointers);
  long result = syscall6(SYS_setsockopt, fd_argument(call, 0), argument[1].number, argument[2].number,
                         (long)argument[3].data, (long)argument[3].length, 0);
  pointers_erase(&call->pointers);
  return result;
}

long run_get_socket_option(struct call *call) {
  const struct argument *argument = call->arguments;
  uint32_t length = (uint32_t)argument[3].length;
  long result = syscall6(SYS_getsockopt, fd_argument(call, 0), argument[1].number, argument[2].number,
                         (long)argument[3].data, (long)&length, 0);
  return is_error(result) ? result : (long)length;
}
