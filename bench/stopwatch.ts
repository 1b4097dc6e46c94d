/**
 * stopwatch PATTERN TICKER PAUSE COMMAND…: a side that starts the command in every round, answers with the
 * milliseconds until it printed a line that matches, and stops it. The ticker makes the events meanwhile.
 * @module
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, serveRounds, type Answer } from "./ours/rounds.ts";

const deadlineMs = 30_000;
const [pattern = "", ticker = "", pause = "", program = "", ...args] = process.argv.slice(2);

await serveRounds(round);

async function round(): Promise<Answer> {
  const ticking = spawn(ticker, [pause], { stdio: ["pipe", "ignore", "inherit"] });
  await once(ticking, "spawn");
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  const seen = await firstMatch(child);
  const ms = performance.now() - start;
  await Promise.all([stop(child, "SIGINT"), stop(ticking, "SIGTERM")]);
  expect(`an event from ${program}; it said: ${Buffer.concat(complaints).toString()}`, seen);
  return { ms };
}

/** Resolves at the first line that matches (true), or when there will be none (false). */
async function firstMatch(child: ChildProcessByStdio<null, Readable, Readable>): Promise<boolean> {
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const wanted = new RegExp(pattern);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (wanted.test(line)) return true;
    }
    return false;
  } finally {
    clearTimeout(timer);
    // What is still printed must not stop the command from ending.
    child.stdout.resume();
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  await ended;
  clearTimeout(timer);
}
