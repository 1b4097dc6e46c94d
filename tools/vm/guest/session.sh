#!/run/busybox sh
# Second half of a guest's start, on the host's files: mounts what programs expect, runs the command, reports its exit code.
b=/run/busybox
. /run/guest.env
$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts devpts /dev/pts
$b mount -t tmpfs shm /dev/shm
$b mount -t cgroup2 cgroup2 /sys/fs/cgroup
$b mount -t bpf bpf /sys/fs/bpf
$b mount -t tracefs tracefs /sys/kernel/tracing
$b mount -t securityfs securityfs /sys/kernel/security
$b ip link set lo up
echo guest >/proc/sys/kernel/hostname
echo "$MODPROBE" >/proc/sys/kernel/modprobe
[ -e /dev/fd ] || {
  $b ln -s /proc/self/fd /dev/fd
  $b ln -s fd/0 /dev/stdin
  $b ln -s fd/1 /dev/stdout
  $b ln -s fd/2 /dev/stderr
}
for port in /sys/class/virtio-ports/*; do
  read -r name <"$port/name"
  eval "$name=/dev/${port##*/}"
done
# What becomes of each test; a file, as a port takes one writer only.
export EBPF_TEST_RESULTS=/dev/shm/results
/bin/bash /run/command.sh </dev/null >"$output" 2>"$errors"
code=$?
[ ! -e "$EBPF_TEST_RESULTS" ] || $b cat "$EBPF_TEST_RESULTS" >"$results"
echo $code >"$status"
$b reboot -f
