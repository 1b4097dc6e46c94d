/**
 * A server of one folder's files for browsers on this machine.
 *
 * Only files that were there when it began are served, by their names. What is asked under another name than that of this
 * machine is refused, so that a page from elsewhere cannot reach it by making its own name mean this machine. The page may
 * run code that is written into it, and fetch nothing but what is served here.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".ts": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

/** What the page may do: run what is served, and what somebody writes into it. */
const policy = [
  "default-src 'self'",
  "script-src 'self' data: 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src data:",
  "frame-ancestors 'none'",
].join("; ");

/** A server that does not listen yet. */
export function createPageServer(folder: string): Server {
  const files = new Map(
    readdirSync(folder).map((name) => [`/${name}`, readFileSync(join(folder, name))]),
  );
  return createServer(({ headers, method, url }, response) => {
    if (!isLocal(headers.host)) return refuse(response, 403, "This server is for this machine.");
    if (method !== "GET" && method !== "HEAD") return refuse(response, 405, "There is only GET.");
    const { pathname } = new URL(url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    const content = files.get(path);
    if (content === undefined) return refuse(response, 404, "There is no such file.");
    response.writeHead(200, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Length": content.length,
      "Content-Security-Policy": policy,
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
    return response.end(method === "HEAD" ? undefined : content);
  });
}

function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");
}

function refuse(response: ServerResponse, status: number, text: string): ServerResponse {
  return response.writeHead(status, { "Content-Type": types[".txt"]! }).end(`${text}\n`);
}
