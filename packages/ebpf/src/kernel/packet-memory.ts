/**
 * What holds for memory for packets on every kernel with AF_XDP sockets.
 * @module
 */
import { InvalidArgumentError } from "../base/errors.ts";
import type { PacketMemoryRequest } from "./xdp-socket.ts";

/** Largest memory: places in it are 32-bit numbers, and signed. */
const mostBytes = 2 ** 30;

/**
 * Sees to it that the kernel takes frames of these sizes (net/xdp/xdp_umem.c: `xdp_umem_reg`).
 * @throws {InvalidArgumentError} when it does not.
 */
export function assertPacketMemory(
  { frames, frameBytes }: PacketMemoryRequest,
  pageBytes: number,
): void {
  const sizeBytes = frames * frameBytes;
  if (frameBytes > pageBytes) {
    throw new InvalidArgumentError(
      `frames of ${frameBytes} bytes are larger than a page of ${pageBytes}`,
    );
  }
  if (sizeBytes % pageBytes !== 0) {
    const hint = `let their number be a multiple of ${pageBytes / frameBytes}`;
    throw new InvalidArgumentError(`frames of ${sizeBytes} bytes are not whole pages`, { hint });
  }
  if (sizeBytes > mostBytes) {
    throw new InvalidArgumentError(`frames of ${sizeBytes} bytes are more than 1 GiB`);
  }
}
