/**
 * The program that most sockets want: packets of a queue go to the socket of that queue, all others their usual way.
 * @module
 */
import { assemble } from "../asm/assemble.ts";
import { call, exit } from "../asm/call.ts";
import { ldx } from "../asm/memory.ts";
import { loadCollection } from "../collection/load.ts";
import { r1, r2 } from "../isa/register.ts";
import { BusyError } from "../kernel/errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { attachXdp } from "../link/xdp.ts";
import type { Link } from "../link/link.ts";
import type { Xskmap } from "../map/redirect-map.ts";
import type { XdpMode } from "../spec/program-spec.ts";
import { xskmap } from "../spec/redirect-map.ts";
import { xdp } from "../spec/xdp.ts";

/** Where to attach, and for how many queues. */
export interface RedirectOptions {
  /** Name or number of the interface. */
  readonly interface: string | number;
  /** Where the program runs; `any` when left out. Zero copy needs the driver (`drv`), which `any` prefers. */
  readonly attachMode?: XdpMode;
  /** Queues from 0 up that there is room for; 64 when left out. */
  readonly queues?: number;
}

/** rx_queue_index of `struct xdp_md` (include/uapi/linux/bpf.h). */
const queueOffset = 16;
/** What happens to packets of queues without a socket: XDP_PASS. */
const pass = 2;

/**
 * The program, attached, and its map of sockets by queue. Packets of queues that have no socket in it go on to the
 * kernel. Closing it detaches the program.
 */
export class XdpRedirect implements Disposable {
  /** Sockets by queue. */
  readonly map: Xskmap;
  readonly link: Link;
  readonly #resources: DisposableStack;

  /**
   * Minimum kernel 5.9; privileges: CAP_BPF and CAP_NET_ADMIN.
   * @throws {BusyError} when the interface has an XDP program; {@link NotFoundError} when there is no such interface.
   */
  constructor(kernel: Kernel, options: RedirectOptions) {
    const { interface: target, attachMode: mode = "any", queues = 64 } = options;
    using stack = new DisposableStack();
    const sockets = xskmap("sockets", queues);
    const collection = stack.use(
      loadCollection(kernel, { sockets, to_sockets: xdp(redirectTo(sockets)) }),
    );
    this.map = collection.sockets;
    this.link = stack.use(
      explainBusy(target, () => attachXdp(collection.to_sockets, target, { mode })),
    );
    this.#resources = stack.move();
  }

  close(): void {
    this.#resources.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function redirectTo(sockets: ReturnType<typeof xskmap>): ReturnType<typeof assemble> {
  return assemble([
    ldx("u32", r2, r1, queueOffset),
    call("redirect_map", sockets, r2, pass),
    exit(),
  ]);
}

function explainBusy(target: string | number, attach: () => Link): Link {
  try {
    return attach();
  } catch (cause) {
    if (!(cause instanceof BusyError)) throw cause;
    const { errno, errnoName } = cause;
    throw new BusyError({
      operation: `send packets of interface ${target} to sockets`,
      reason: "it has an XDP program already",
      hint: "open all queues at once (openXdpSockets), or give the socket the xskmap of that program",
      errno,
      errnoName,
      cause,
    });
  }
}
