/**
 * Records executions of programs for `npm start` on machines where nothing may be traced:
 * `node tools/recording/record-executions.ts`.
 *
 * A shell is run that starts common programs, and `trace exec` looks meanwhile. What is kept says nothing of the machine:
 * processes and users get new numbers, and only executions by the shell and what it starts are kept. Needs root.
 * @module
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startTrace } from "../../packages/cli/src/testing/command.ts";

/** One line of `trace exec --json`. */
interface Execution {
  readonly type: string;
  readonly time: string;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly command: string;
  readonly file: string;
  readonly arguments: readonly string[];
}

const script = `
  uname -sm; id -u; date +%s > /dev/null; ls -l / | wc -l
  printf 'b\\na\\n' | sort | head -n 1 | tr a-z A-Z
  setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'env | grep -c =; find /usr/share/doc -maxdepth 1 -name "z*" | wc -l'
  sh -c 'for n in 1 2 3; do expr $n + $n; sleep 0.05; done' | tail -n 1
  cat /proc/loadavg | cut -d ' ' -f 1; awk 'BEGIN { print 6 * 7 }'; sha256sum /etc/hostname | cut -c 1-8
  tar --create --file=/dev/null /etc/hostname; du -s /etc | cut -f 1; true
`;

/** The first process, and users: 0 stays 0. */
const [firstPid, someUser] = [2001, 1000];
const target = join(
  import.meta.dirname,
  "../../packages/cli/src/trace/exec/recorded-executions.json",
);

const seen = await record();
const lines = anonymous(seen).map((execution) => JSON.stringify(execution));
writeFileSync(target, `[\n${lines.join(",\n")}\n]\n`);
console.log(`${seen.length} executions written to ${target}`);

/** What the shell and its descendants executed, in order. */
async function record(): Promise<readonly Execution[]> {
  using command = await startTrace(["--json"]);
  const shell = spawnSync("sh", ["-c", `echo $$; ${script}`], { env: { PATH: "/usr/bin:/bin" } });
  await delay(200);
  command.process.kill("SIGINT");
  await command.ended;
  const all = command.lines.map((line) => JSON.parse(line) as Execution);
  const ours = new Set([Number(String(shell.stdout).split("\n")[0])]);
  return all.filter(({ type, pid, ppid }) => {
    if (type !== "exec" || !(ours.has(ppid) || ours.has(pid))) return false;
    ours.add(pid);
    return true;
  });
}

function anonymous(executions: readonly Execution[]): readonly object[] {
  const numbers = new Map<number, number>();
  const numberOf = (pid: number): number => {
    const known = numbers.get(pid) ?? firstPid + numbers.size;
    numbers.set(pid, known);
    return known;
  };
  const start = Date.parse(executions[0]?.time ?? "");
  return executions.map(({ time, pid, ppid, uid, command, file, arguments: words }) => ({
    afterMs: Date.parse(time) - start,
    ppid: numberOf(ppid),
    pid: numberOf(pid),
    uid: uid === 0 ? 0 : someUser,
    command,
    file,
    // The script itself is in the shell's arguments.
    arguments: words.map((word) => (word.includes("\n") ? "…" : word)),
  }));
}
