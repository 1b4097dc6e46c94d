/**
 * Making happen what programs are attached to: `kernel.fire` of the simulated kernel.
 *
 * Each method says what happens, with values as a test has them; what is attached there runs at once, in the kernel's order,
 * and what it did comes back. Where nothing is attached nothing runs; what the kernel does not have cannot happen.
 * @module
 */
import type { Handle } from "../../kernel/handle.ts";
import type { LwtTime } from "../../spec/network-target.ts";
import type { AttachType } from "../../spec/words.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { didYouMean } from "../../base/text.ts";
import { SimulatedSocket } from "../attach/simulated-socket.ts";
import type { Core } from "../core.ts";
import { objectOf } from "../object.ts";
import type { Given, GivenObject } from "../typed/given.ts";
import { type CgroupDecision, type CgroupEventOptions, fireCgroup } from "./cgroup.ts";
import { type Dissection, fireDissector } from "./dissect.ts";
import {
  type Call,
  type Called,
  fireKernelFunction,
  fireSystemCall,
  type SystemCall,
} from "./function.ts";
import {
  fireLsm,
  fireNetfilter,
  fireSample,
  fireSkLookup,
  type Lookup,
  type NetfilterPacket,
  type Sample,
} from "./hook.ts";
import { cgroupPacket, filterForSocket, type PacketFate, receive, send } from "./packet.ts";
import { fireRoute, type RouteFate } from "./route.ts";
import type { Run } from "./run.ts";
import {
  fireMessage,
  fireReuseport,
  fireStream,
  type MessageFate,
  type ReuseportChoice,
  type StreamFate,
} from "./socket.ts";
import { fireStructOps, type StructOpsCall } from "./struct-ops.ts";
import { fireSysctl, type SettingAccess, type SettingDecision } from "./sysctl.ts";
import { fireRawTracepoint, fireTracepoint } from "./tracepoint.ts";
import { fireUsdt, fireUserFunction } from "./user-code.ts";

/** What can happen in a simulated kernel. */
export class Fire {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * A tracepoint such as `sched/sched_process_exec`, with the members of its record: text of `__data_loc` members is put
   * behind it. Or the record itself.
   * @throws {InvalidArgumentError} when there is no such tracepoint, or the record has no such member.
   */
  tracepoint(event: string, record: GivenObject | Uint8Array = {}): readonly Run[] {
    return fireTracepoint(this.#core, event, record);
  }

  /**
   * The arguments of a tracepoint such as `sched_process_exec`, for raw and BTF programs.
   * @throws {InvalidArgumentError} when there is no such tracepoint.
   */
  rawTracepoint(name: string, args: readonly Given[] = []): readonly Run[] {
    return fireRawTracepoint(this.#core, name, args);
  }

  /** A function of the kernel is called, and returns. @throws {InvalidArgumentError} when there is no such function. */
  kernelFunction(name: string, call: Call = {}): Called {
    return fireKernelFunction(this.#core, name, call);
  }

  /** A process makes a system call: its tracepoints, and the kernel's function for it. */
  systemCall(name: string, call: SystemCall = {}): Called {
    return fireSystemCall(this.#core, name, call);
  }

  /**
   * A function of a file is called, and returns: its name, or where it is in the file.
   * @throws {InvalidArgumentError} when there is no such file or function.
   */
  userFunction(path: string, where: string | number, call: Call = {}): Called {
    return fireUserFunction(this.#core, path, where, call);
  }

  /**
   * A USDT probe `provider:name` of a file is reached.
   * @throws {InvalidArgumentError} when there is no such file or probe.
   */
  usdt(path: string, probe: string, args: readonly Given[] = []): readonly Run[] {
    return fireUsdt(this.#core, path, probe, args);
  }

  /** Security modules are asked: 0, or the negated errno of the refusal as 64 bits. */
  lsm(hook: string, args: readonly Given[] = []): Called {
    return fireLsm(this.#core, hook, args);
  }

  /**
   * A function of a struct of functions that is registered is called: `ssthresh` of `tcp_congestion_ops`.
   * @throws {InvalidArgumentError} when the kernel has no such struct or function, or several are registered and none is named.
   */
  structOps(call: StructOpsCall): Called {
    return fireStructOps(this.#core, call);
  }

  /** A perf event is sampled. */
  sample(sample: Sample = {}): readonly Run[] {
    return fireSample(this.#core, sample);
  }

  /** A process of a control group does something that programs decide on: `cgroup_inet4_connect`, `cgroup_sysctl`… */
  cgroup(type: AttachType, fields: GivenObject = {}, options?: CgroupEventOptions): CgroupDecision {
    return fireCgroup(this.#core, type, fields, options);
  }

  /** A process reads or writes a setting below `/proc/sys`: programs of its control group may refuse or change it. */
  sysctl(access: SettingAccess): SettingDecision {
    return fireSysctl(this.#core, access);
  }

  /** A packet of a process in a control group, from the header of IP on. */
  cgroupPacket(
    direction: "ingress" | "egress",
    packet: Uint8Array,
    options?: Parameters<typeof cgroupPacket>[3],
  ): ReturnType<typeof cgroupPacket> {
    return cgroupPacket(this.#core, direction, packet, options);
  }

  /**
   * A packet comes in through an interface, by its first queue unless told otherwise.
   * @throws {InvalidArgumentError} when there is no interface of this name, or it has no such queue.
   */
  receive(
    target: string | number,
    packet: Uint8Array,
    { queue = 0 }: { readonly queue?: number } = {},
  ): PacketFate {
    const index = this.#interface(target);
    const queues = this.#core.interfaces.queues(index);
    if (!Number.isInteger(queue) || queue < 0 || queue >= queues)
      throw new InvalidArgumentError(`interface ${target} has no queue ${queue}`, {
        hint: `it has ${queues}, counted from 0: addInterface(name, { queues })`,
      });
    return receive(this.#core, index, { packet, queue });
  }

  /** A packet goes out through an interface. @throws {InvalidArgumentError} when there is none of this name. */
  send(target: string | number, packet: Uint8Array): PacketFate {
    return send(this.#core, this.#interface(target), packet);
  }

  /** A socket gets a packet: how many bytes of it its filter lets through. */
  socketFilter(
    socket: Handle,
    packet: Uint8Array,
  ): { readonly runs: readonly Run[]; readonly length: number } {
    return filterForSocket(this.#core, objectOf(socket, SimulatedSocket).id, packet);
  }

  /**
   * A socket sends a message: the `sk_msg` program of the map of sockets that it is in decides, with fields of
   * `struct sk_msg_md` beside the socket's addresses.
   */
  message(socket: Handle, data: Uint8Array, fields?: GivenObject): MessageFate {
    const given = { data, ...(fields && { fields }) };
    return fireMessage(this.#core, objectOf(socket, SimulatedSocket), given);
  }

  /** Bytes come in at a socket: the `sk_skb` programs of the map that it is in cut them into messages and decide. */
  stream(socket: Handle, data: Uint8Array): StreamFate {
    return fireStream(this.#core, objectOf(socket, SimulatedSocket), data);
  }

  /**
   * A packet comes for sockets that share a port: from the header of UDP or TCP on. The socket is the one with the
   * program; fields are those of `struct sk_reuseport_md`.
   */
  reuseport(socket: Handle, packet: Uint8Array, fields?: GivenObject): ReuseportChoice {
    const given = { data: packet, ...(fields && { fields }) };
    return fireReuseport(this.#core, objectOf(socket, SimulatedSocket), given);
  }

  /**
   * A packet is taken apart, with flags `BPF_FLOW_DISSECTOR_F_…`.
   * @throws {InvalidArgumentError} when it has no header of Ethernet.
   */
  dissect(packet: Uint8Array, { flags = 0 }: { readonly flags?: number } = {}): Dissection {
    return fireDissector(this.#core, { data: packet, flags });
  }

  /**
   * A packet, from the header of IP on, takes the route to its destination.
   * @throws {InvalidArgumentError} when it is no packet of IP.
   */
  route(when: LwtTime, packet: Uint8Array): RouteFate {
    return fireRoute(this.#core, when, packet);
  }

  /** A packet at a hook of netfilter. */
  netfilter(packet: NetfilterPacket): ReturnType<typeof fireNetfilter> {
    return fireNetfilter(this.#core, packet);
  }

  /** A socket is searched for a packet: fields of `struct bpf_sk_lookup`. */
  skLookup(fields: GivenObject = {}): Lookup {
    return fireSkLookup(this.#core, fields);
  }

  #interface(target: string | number): number {
    const { interfaces } = this.#core;
    const index = typeof target === "number" ? target : interfaces.indexOf(target);
    if (index !== undefined && interfaces.has(index)) return index;
    const names = interfaces.names();
    throw new InvalidArgumentError(`there is no interface ${target}`, {
      hint:
        didYouMean(String(target), names) ??
        `there are ${names.join(", ")}; add others with addInterface`,
    });
  }
}
