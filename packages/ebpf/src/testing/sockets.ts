/**
 * Sockets for tests of maps of sockets: connected over the loopback interface, with their descriptors.
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { assert } from "../base/assert.ts";

/** A socket of this process. */
export interface TestSocket {
  readonly socket: Socket;
  /** Its descriptor, which belongs to the socket. */
  readonly descriptor: number;
}

/** Two ends of a connection. */
export interface ConnectedSockets extends AsyncDisposable {
  readonly client: TestSocket;
  readonly server: TestSocket;
}

/** A connection over 127.0.0.1. The caller closes it. */
export async function connectedSockets(): Promise<ConnectedSockets> {
  const listener = createServer();
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  const accepted = once(listener, "connection") as Promise<[Socket]>;
  const client = connect(portOf(listener), "127.0.0.1");
  await once(client, "connect");
  const [server] = await accepted;
  return {
    client: { socket: client, descriptor: descriptorOf(client) },
    server: { socket: server, descriptor: descriptorOf(server) },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.destroy();
      await new Promise<void>((resolve) => void listener.close(() => resolve()));
    },
  };
}

/** The port a server listens at. */
export function portOf(server: Server): number {
  const address = server.address();
  assert(typeof address === "object" && address !== null, "the server listens at a port");
  return address.port;
}

/** The descriptor of a socket. Node has no public name for it. */
export function descriptorOf(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } };
  return handle.fd;
}
