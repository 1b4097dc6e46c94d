#!/bin/busybox sh
# First process of a guest: loads what leads to the host's files, lays a throw-away layer over them, and goes there.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
. /guest.env

fail() {
  echo "guest: $1" >/dev/kmsg
  $b reboot -f
}

for module in $($b cat /modules/order); do
  $b insmod "/modules/$module" || echo "guest: module $module does not load" >/dev/kmsg
done

share() { $b mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,cache=loose,$3" "$1" "$2"; }

share host /host ro || fail "the host's files cannot be mounted"
$b mount -t tmpfs layer /written
$b mkdir /written/upper /written/work
$b mount -t overlay root -o lowerdir=/host,upperdir=/written/upper,workdir=/written/work /new ||
  fail "no layer can be laid over the host's files"
[ -z "$WRITABLE" ] || share writable "/new$WRITABLE" rw || fail "$WRITABLE cannot be shared"

version=$($b uname -r)
$b mkdir -p "/new/lib/modules/$version"
$b mount -o bind "/new$MODULES" "/new/lib/modules/$version"
$b mkdir -p /new/boot
[ -z "$BOOT" ] || $b mount -o bind "/new$BOOT" /new/boot || fail "$BOOT cannot be mounted"
for place in dev proc sys; do $b mount -o move "/$place" "/new/$place"; done
$b mount -t tmpfs run /new/run
$b cp /bin/busybox /session /guest.env /command.sh /new/run/
exec $b switch_root /new /run/session
