import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseSync } from "oxc-parser";
import { parse } from "./parse.ts";
import type { Compiled, Move, Refused, RunReport } from "./protocol.ts";
import { Session } from "./session.ts";

const samples = join(import.meta.dirname, "samples");
const examples = join(import.meta.dirname, "../../../examples");
const sample = (name: string): string => readFileSync(join(samples, `${name}.ts`), "utf8");

async function compiled(session: Session, text: string): Promise<Compiled> {
  const reply = await session.compile(text);
  assert.equal(reply.kind, "compiled", JSON.stringify(reply));
  return reply;
}

const run = async (text: string, input: string): Promise<RunReport> => {
  const session = new Session();
  await compiled(session, text);
  return session.run({ program: "onPacket", input });
};

/** Line of the first place of something in a text. */
const lineOf = (text: string, found: string): number =>
  text.slice(0, text.indexOf(found)).split("\n").length;

const udp = "ethernet().ipv4().udp({ destination: 53 })";

describe("a session", () => {
  it("runs a program on packets, and keeps maps, events and what was printed", async () => {
    const session = new Session();
    const { programs } = await compiled(session, sample("count-packets"));
    assert.deepEqual(
      programs.map(({ name, input }) => [name, input]),
      [["onPacket", "packet"]],
    );
    const line = lineOf(sample("count-packets"), "counts.lookup");
    assert.ok(programs[0]!.instructions.some((instruction) => instruction.line === line));
    const pass = session.run({ program: "onPacket", input: "ethernet().ipv4().tcp()" });
    assert.equal(pass.verdict, "2 XDP_PASS");
    session.run({ program: "onPacket", input: udp });
    const { verdict, state } = session.run({ program: "onPacket", input: udp });
    assert.equal(verdict, "1 XDP_DROP");
    const counts = state.maps.find(({ name }) => name === "counts");
    assert.deepEqual(counts?.rows, [
      { key: "6", value: "1" },
      { key: "17", value: "2" },
    ]);
    assert.deepEqual(
      state.events.map(({ text }) => text),
      Array(2).fill("{ source: 167772161, port: 53 }"),
    );
    assert.match(state.printed.join(), /^dropped \d+ bytes,dropped \d+ bytes$/);
  });

  it("tells mistakes at their place: of syntax, of the compiler, of the checker, of what runs", async () => {
    const problems = async (text: string) => {
      const reply = (await new Session().compile(text)) as Refused;
      assert.equal(reply.kind, "refused");
      return reply.problems.map(({ line, message }) => [line, message] as const);
    };
    const [[line, message]] = (await problems("export const a = 1;\nconst b = ;\n")) as [
      [number, string],
    ];
    assert.deepEqual([line, message], [2, "Unexpected token"]);
    const head = 'import { hashMap, u32, xdp } from "ts-ebpf";\n';
    const twice = `${head}export const p = xdp(() => {\n"use bpf";\nreturn foo;\n});\n`;
    assert.deepEqual(await problems(twice), [[4, '"foo" is not defined']]);
    const loop = `export const p = xdp(() => {\n"use bpf";\nlet x = bpf.ktimeGetNs();\nwhile (x !== 5n) x *= 3n;\nreturn 2;\n});`;
    const [[at, why]] = (await problems(
      `import { bpf, xdp } from "ts-ebpf";\n${loop}`,
    )) as unknown as [[number, string]];
    assert.equal(at, 5);
    assert.match(why, /^rejected: infinite loop detected[^]*may never end$/);
    const [[thrown]] = (await problems(`${head}hashMap("x", u32, u32, 0);`)) as unknown as [
      [number],
    ];
    assert.equal(thrown, 2);
    const [[unknown, known]] = (await problems(`${head}import "node:fs";`)) as [[number, string]];
    assert.equal(unknown, 2);
    assert.match(known, /"node:fs" cannot be imported here/);
    assert.match((await problems(head))[0]![1], /exports no program/);
  });

  it("keeps what was loaded when the next text is wrong, and starts anew when it is right", async () => {
    const session = new Session();
    await compiled(session, sample("count-packets"));
    session.run({ program: "onPacket", input: udp });
    await session.compile("export const broken = ;");
    const { state } = session.run({ program: "onPacket", input: udp });
    assert.equal(state.events.length, 2);
    const again = await compiled(session, sample("count-packets"));
    assert.equal(again.state.events.length, 0);
  });

  it("goes through a run by lines, in both directions, with the maps as they were", async () => {
    const session = new Session();
    const text = sample("add-numbers");
    await compiled(session, text);
    session.run({ program: "onPacket", input: udp });
    const lines = [lineOf(text, "sums.value[index]")];
    const move = (to: Move) => session.move({ move: to, lines, watch: [] });
    const sums = (step: ReturnType<typeof move>) =>
      step.maps.find(({ name }) => name === "sums")?.rows.map(({ value }) => value)[0];
    assert.equal(sums(move("restart")), "[0, 0, 0, 0]");
    const seen = [];
    for (let step = move("resume"); step.slot !== undefined; step = move("resume")) {
      assert.equal(step.line, lines[0]);
      seen.push(sums(step));
    }
    assert.equal(sums(move("end")), "[0, 1, 5, 14]");
    assert.deepEqual(seen, ["[0, 0, 0, 0]", "[0, 0, 0, 0]", "[0, 1, 0, 0]", "[0, 1, 5, 0]"]);
    const back = move("back-line");
    assert.ok(back.position < back.total && back.line !== undefined);
  });

  it("runs programs on arguments, fields and bytes", async () => {
    const head =
      'import { cgroupSockAddr, hashMap, kprobe, tpBtf, tracepoint, u32 } from "ts-ebpf";\n';
    const check = async (code: string, input: string, verdict: string) => {
      const reply = await run(`${head}export const onPacket = ${code}`, input);
      assert.deepEqual([reply.problem, reply.verdict], [undefined, verdict]);
    };
    const body = (result: string) => `{ "use bpf"; return ${result}; }`;
    await check(
      `tpBtf("sched_process_exec", (task) => ${body("task.tgid")})`,
      '[{ tgid: 7, comm: "sh" }, 1, {}]',
      "7",
    );
    await check(
      `cgroupSockAddr("connect4", (ctx) => ${body("ctx.user_family === 2 ? 1 : 0")})`,
      "{ user_family: 2 }",
      "1",
    );
    await check(`kprobe("vfs_read", () => ${body("0")})`, "[1n, 2n]", "0");
    await check(`tracepoint("sched/sched_switch", () => ${body("0")})`, "new Uint8Array(64)", "0");
  });

  it("says what is wrong with an input", async () => {
    const { problem } = await run(sample("add-numbers"), "{}");
    assert.match(problem!.message, /that is no packet/);
  });
});

describe("the parser of the page", () => {
  it("makes the trees that oxc makes", () => {
    const request = {
      lang: "ts",
      sourceType: "module",
      astType: "ts",
      preserveParens: false,
    } as const;
    for (const file of globSync("**/*.ts", { cwd: examples })) {
      const text = readFileSync(join(examples, file), "utf8");
      const [ours, theirs] = [parse, parseSync].map((by) => plain(by(file, text, request).program));
      assert.deepEqual(ours, theirs, file);
    }
  });
});

/** Without prototypes, which differ and mean nothing. */
function plain(tree: unknown): unknown {
  return JSON.parse(
    JSON.stringify(tree, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)),
  );
}
