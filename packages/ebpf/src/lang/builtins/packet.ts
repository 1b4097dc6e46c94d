/**
 * Packets: headers one after the other, each checked against the end of the packet before it can be read.
 * @module
 */
import type { Layout } from "../../layout/layout.ts";
import { objectIn } from "../../layout/memory-object.ts";
import type { Mutable, Ref } from "../../spec/kernel-side.ts";
import { environment } from "./environment.ts";
import { isKernelStruct, type KernelStruct } from "./kernel-struct.ts";

/** A place in a packet that moves on. */
export interface Packet {
  /** The header at the place, which moves behind it; `undefined` when the packet ends before the header does. */
  next<T>(header: KernelStruct<T>): Mutable<T> | undefined;
  next<T>(header: Layout<T>): Ref<T> | undefined;
  /** Moves on by so many bytes. */
  skip(bytes: number): void;
  /** Bytes of the whole packet that can be read. */
  readonly length: number;
}

/** The packet of an XDP program, or of a program of a socket buffer, from its start. */
export function packet(context: object): Packet {
  const view = environment("packet").packetOf(context);
  let place = 0;
  return {
    next: (header: KernelStruct | Layout<unknown>) => {
      const layout = layoutOf(header);
      const start = place;
      if (start + layout.size > view.byteLength) return undefined;
      place += layout.size;
      return objectIn(layout, view, start) as never;
    },
    skip: (bytes) => {
      place += Math.trunc(bytes);
    },
    length: view.byteLength,
  };
}

function layoutOf(header: KernelStruct | Layout<unknown>): Layout<unknown> {
  return isKernelStruct(header) ? environment("packet").structLayout(header.name) : header;
}
