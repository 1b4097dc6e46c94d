/**
 * What `playground` does: serves the page on the loopback interface until Ctrl-C.
 * @module
 */
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "ts-ebpf";
import type { Context } from "../context.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { PlaygroundOptions } from "./command.ts";
import { createPageServer } from "./server.ts";

/**
 * Serves the page until a signal comes.
 * @throws {InvalidArgumentError} when the port is taken.
 */
export async function servePlayground(
  { port, json }: PlaygroundOptions,
  context: Context,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { signal } = stack.use(onInterrupt());
  const server = createPageServer(await pageFolder(stack));
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((error: unknown) => {
    throw failure(error as NodeJS.ErrnoException, port);
  });
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  context.stdout.write(`${json === true ? JSON.stringify({ type: "playground", url }) : url}\n`);
  context.remark("Serving the playground to this machine. Ctrl-C ends it.");
  if (!signal.aborted) await once(signal, "abort");
}

/** The built page: part of the command, or, where that runs from its sources, built for this run. */
async function pageFolder(stack: AsyncDisposableStack): Promise<string> {
  const built = join(import.meta.dirname, "playground");
  if (existsSync(join(built, "index.html"))) return built;
  const { buildPage } = await import("@ts-ebpf/playground/build");
  const folder = mkdtempSync(join(tmpdir(), "ts-ebpf-playground-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  await buildPage(folder, folder);
  return folder;
}

function failure(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== "EADDRINUSE" && error.code !== "EACCES") return error;
  const why = error.code === "EACCES" ? "may not be listened on" : "is taken";
  return new InvalidArgumentError(`port ${port} ${why}`, {
    hint: "give another --port, or none for one that is free",
    cause: error,
  });
}
