/**
 * A netlink socket: requests out, answers in.
 *
 * The kernel works on a request while it is being sent and has the answer, or the first part of it, ready when that is
 * done. So answers are read without waiting, and nothing here can block.
 * @module
 */
import { cString, littleEndian, viewOf } from "../../base/bytes.ts";
import type { Caller } from "../call/caller.ts";
import { failureOf, type Operation } from "../call/failure.ts";
import { Fd } from "../fd.ts";
import { netlinkAddress, netlinkError } from "../generated/attributes.ts";
import { netlinkErrorAttributeNumbers } from "../generated/constants.ts";
import { KernelRecord } from "../call/record.ts";
import {
  decodeAttributes,
  decodeMessages,
  encodeRequest,
  type NetlinkMessage,
  type NetlinkRequest,
} from "./message.ts";

// include/linux/socket.h, include/uapi/linux/netlink.h
const afNetlink = 16;
const sockRaw = 3;
const sockCloseOnExec = 0o2000000;
const netlinkRoute = 0;
const dontWait = 0x40;
const solNetlink = 270;
/** Leaves the request out of error messages, and adds a text to them. Since 4.3 and 4.12; older kernels refuse. */
const helpfulOptions = [10, 11];

/** Flags of messages. */
export const messageFlags = {
  request: 1,
  multi: 2,
  acknowledge: 4,
  echo: 8,
  dump: 0x300,
  exclusive: 0x200,
  replace: 0x100,
  create: 0x400,
} as const;
const messageTypes = { noop: 1, error: 2, done: 3, overrun: 4 } as const;
const attributesFollow = 0x200;
const requestLeftOut = 0x100;

/** Largest datagram: the kernel fills at most 32 KiB at a time for a dump. */
const datagramBytes = 1 << 16;

/** A socket of rtnetlink. */
export class NetlinkSocket implements Disposable {
  readonly #caller: Caller;
  readonly #fd: Fd;
  readonly #buffer = new Uint8Array(datagramBytes);
  #sequence = 0;

  private constructor(caller: Caller, fd: Fd) {
    this.#caller = caller;
    this.#fd = fd;
  }

  /** Opens a socket in the network namespace of this process. No privileges. */
  static open(caller: Caller): NetlinkSocket {
    const { bridge } = caller;
    const type = sockRaw | sockCloseOnExec;
    const operation: Operation = { text: "open a netlink socket" };
    const number = caller.check(bridge.socket(afNetlink, type, netlinkRoute), operation);
    using stack = new DisposableStack();
    const fd = stack.use(new Fd(bridge, number, { kind: "file", label: "netlink socket" }));
    const address = new KernelRecord(netlinkAddress).set(netlinkAddress.nlFamily, afNetlink);
    caller.check(bridge.bind(fd.raw, address.bytes), operation);
    const on = new Uint8Array(Int32Array.of(1).buffer);
    for (const option of helpfulOptions) bridge.setSocketOption(fd.raw, solNetlink, option, on);
    stack.move();
    return new NetlinkSocket(caller, fd);
  }

  /**
   * Sends a request and returns the messages of its answer, copied.
   * @throws {SyscallError} what the kernel answered, by `operation`.
   */
  request(request: NetlinkRequest, operation: Operation): readonly NetlinkMessage[] {
    this.#sequence += 1;
    const { bridge } = this.#caller;
    const bytes = encodeRequest(request, this.#sequence);
    this.#caller.check(bridge.send(this.#fd.raw, bytes, 0), operation);
    const answer: NetlinkMessage[] = [];
    while (!this.#receive(answer, operation));
    return answer;
  }

  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Adds the messages of one datagram to `answer`; true when the answer is complete. */
  #receive(answer: NetlinkMessage[], operation: Operation): boolean {
    const { bridge } = this.#caller;
    const length = this.#caller.check(
      bridge.receive(this.#fd.raw, this.#buffer, dontWait),
      operation,
    );
    const datagram = this.#buffer.slice(0, length);
    for (const message of decodeMessages(datagram)) {
      if (message.sequence !== this.#sequence) continue;
      if (this.#isEnd(message, operation)) return true;
      if (message.type > messageTypes.overrun) answer.push(message);
      if ((message.flags & messageFlags.multi) === 0 && message.type > messageTypes.overrun) {
        return true;
      }
    }
    return false;
  }

  /** Whether a message only ends the answer. */
  #isEnd(message: NetlinkMessage, operation: Operation): boolean {
    if (message.type === messageTypes.done) return true;
    if (message.type !== messageTypes.error) return false;
    const number = viewOf(message.body).getInt32(netlinkError.error[0], littleEndian);
    if (number === 0) return true;
    throw failureOf(-number, withReason(operation, errorText(message)), this.#caller.version);
  }
}

/** What the kernel says beside the number, since 4.12. */
function errorText({ body, flags }: NetlinkMessage): string | undefined {
  if ((flags & attributesFollow) === 0) return undefined;
  const view = viewOf(body);
  const requestLength = view.getUint32(netlinkError.msgNlmsgLen[0], littleEndian);
  const start =
    (flags & requestLeftOut) === 0 ? netlinkError.error[1] + requestLength : netlinkError.sizeBytes;
  const text = decodeAttributes(body.subarray(start)).get(netlinkErrorAttributeNumbers.msg);
  return text && cString(text);
}

function withReason(operation: Operation, reason: string | undefined): Operation {
  return reason === undefined ? operation : { ...operation, reason };
}
