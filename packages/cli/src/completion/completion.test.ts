import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, readdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { needs } from "ts-ebpf/testing";
import { createCommandLine, pathOf, withSubcommands } from "../command-line.ts";
import { capturedContext } from "../testing/captured.ts";
import type { Shell } from "./command.ts";
import { describeCommands } from "./describe.ts";
import { completionScript } from "./script.ts";

const root = createCommandLine(capturedContext());
/** What stands behind `ts-ebpf`. */
const commandNames = [
  ...root.commands.flatMap((command) => [command.name(), ...command.aliases()]),
  "help",
];
const script = (shell: Shell): string => completionScript(shell, root);

describe("describeCommands", () => {
  const commands = describeCommands(root);
  const optionOf = (route: string, flag: string) =>
    commands.find((one) => one.route === route)?.options.find(({ flags }) => flags.includes(flag));

  it("knows all commands by all their names, outer ones first", () => {
    const routes = commands.map(({ route }) => route);
    const paths = withSubcommands(root).map((command) => pathOf(command).split(" ").slice(1));
    for (const path of paths) assert.ok(routes.includes(["", ...path].join("/")), path.join(" "));
    assert.deepEqual(routes.slice(0, 4), ["", "/doctor", "/trace", "/trace/exec"]);
    assert.ok(routes.includes("/disasm"));
  });
  it("knows what stands behind an option", () => {
    assert.equal(optionOf("/trace/exec", "--uid")?.value, "user");
    assert.equal(optionOf("/trace/exec", "--ppid")?.value, "process");
    assert.equal(optionOf("/trace/exec", "--duration")?.value, "text");
    assert.equal(optionOf("/trace/exec", "--json")?.value, undefined);
    assert.equal(optionOf("/types", "--btf")?.value, "file");
    assert.equal(optionOf("/run", "--interface")?.value, "interface");
  });
  it("knows what may be given several times", () => {
    assert.equal(optionOf("/trace/exec", "--uid")?.repeatable, true);
    assert.equal(optionOf("/trace/exec", "--duration")?.repeatable, false);
  });
  it("knows help at every level", () => {
    for (const { route } of commands)
      assert.deepEqual(optionOf(route, "-h")?.flags, ["-h", "--help"]);
  });
  it("knows which commands take files", () => {
    const withFiles = commands.filter(({ takesFiles }) => takesFiles).map(({ route }) => route);
    const some = ["/run", "/build", "/object/load", "/btf/dump", "/dump", "/disasm", "/types"];
    assert.deepEqual(
      withFiles.filter((route) => some.includes(route)),
      some,
    );
    for (const route of ["", "/doctor", "/trace/exec", "/show/program", "/completion"])
      assert.ok(!withFiles.includes(route), route);
  });
  it("knows choices", () =>
    assert.deepEqual(commands.find(({ route }) => route === "/completion")?.choices, [
      "bash",
      "zsh",
      "fish",
    ]));
});

describe("bash completion", () => {
  /** What bash offers for the last of the words, as it splits them. */
  const complete = (...words: readonly string[]): string[] => {
    const input = `${script("bash")}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
      _ts_ebpf; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", { input, encoding: "utf8" }).split("\n").filter(Boolean);
  };
  const check = (words: readonly string[], offered: readonly string[]): void =>
    assert.deepEqual(complete("ts-ebpf", ...words), offered);

  it("is bash", () => void execFileSync("bash", ["-n"], { input: script("bash") }));
  it("offers commands and options", () =>
    check([""], [...commandNames, "-V", "--version", "-h", "--help"]));
  it("offers what begins alike", () => check(["tr"], ["trace"]));
  it("offers commands of a group", () => check(["trace", "e"], ["exec"]));
  it("offers options of the command", () => check(["trace", "exec", "--du"], ["--duration"]));
  it("offers no options of other commands", () => check(["doctor", "--du"], []));
  it("passes values over", () => check(["trace", "exec", "--command", "doctor", "--fe"], []));
  it("offers users", () =>
    assert.ok(complete("ts-ebpf", "trace", "exec", "--uid", "").includes(userInfo().username)));
  it("offers users behind =", () =>
    check(["trace", "exec", "--uid", "=", userInfo().username], [userInfo().username]));
  it("offers interfaces", () => check(["run", "--interface", "lo"], ["lo"]));
  it("offers processes", () =>
    assert.ok(complete("ts-ebpf", "trace", "exec", "--pid", "").includes(String(process.pid))));
  it("offers nothing where it knows nothing", () => check(["trace", "exec", "--duration", ""], []));
  it("offers shells", () => check(["completion", "z"], ["zsh"]));
  it("offers files as values and as arguments", () => {
    check(["types", "--out", "package.js"], ["package.json"]);
    check(["types", "package.js"], ["package.json"]);
    check(["doctor", "package.js"], []);
    check(["sim", "pcap", "package.js"], ["package.json"]);
    check(["build", "-I", "packages/cl"], ["packages/cli"]);
  });
  it("offers the choices of an option", () => {
    check(["btf", "dump", "--format", ""], ["c", "ts", "raw", "json"]);
    check(["dump", "--optimize", "n"], ["none"]);
  });
  it("offers files behind the choice that they are for", () => {
    check(["btf", "dump", "p"], ["prog"]);
    check(["btf", "dump", "--format", "c", "p"], ["prog"]);
    check(["btf", "dump", "file", "package.js"], ["package.json"]);
    check(["btf", "dump", "file", "--form"], ["--format"]);
  });
  it("keeps names of files with blanks in one piece, and goes on behind folders", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "ts-ebpf-completion-"));
    mkdirSync(join(folder.path, "a folder"));
    const input = `${script("bash")}
      compopt() { said="$*"; }
      COMP_WORDS=(ts-ebpf run '${folder.path}/a'); COMP_CWORD=2; _ts_ebpf
      printf '%s\\n' "$said" "\${COMPREPLY[@]}"`;
    const output = execFileSync("bash", { input, encoding: "utf8" });
    assert.equal(output, `-o filenames\n${folder.path}/a folder\n`);
  });
});

describe("zsh completion", needs("zsh"), () => {
  /** What zsh offers: its completion runs, with functions that report instead of showing. */
  const complete = (...words: readonly string[]): string => {
    const input = `
      compdef() { : }
      _arguments() { print -rl -- "$@" }
      ${script("zsh")}
      words=(ts-ebpf ${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length + 1}
      _ts_ebpf; print -r -- "words=$words CURRENT=$CURRENT"`;
    return execFileSync("zsh", ["-f"], { input, encoding: "utf8" });
  };

  it("is zsh", () => void execFileSync("zsh", ["-f", "-n"], { input: script("zsh") }));
  it("offers commands with what they do", () =>
    assert.match(complete(""), /^1:argument:\(\(doctor\\:.* trace\\:.*\)\)$/m));
  it("offers options of the command", () => {
    const offered = complete("trace", "exec", "--uid", "");
    assert.match(offered, /^\*--uid\[only programs of this user.*\]:user:_users$/m);
    assert.match(offered, /^words=ts-ebpf --uid  CURRENT=3$/m);
  });
  it("offers both forms of an option once", () =>
    assert.match(complete("doctor", ""), /^\(-h --help\)--help\[show this help\]$/m));
  it("offers files", () => {
    const offered = complete("types", "");
    assert.match(offered, /^--btf\[BTF to read .*\]:file:_files$/m);
    assert.match(offered, /^\*:file:_files$/m);
  });
  it("offers the choices of an option", () =>
    assert.match(complete("btf", "dump", ""), /^--format\[.*\]:value:\(c ts raw json\)$/m));
  it("does not take values for commands", () =>
    assert.match(complete("trace", "exec", "--command", "doctor", "-"), /^\*--uid/m));
  it("is taken by zsh's own functions", () => {
    const file = `autoload -Uz compinit && compinit -u -D\n${script("zsh")}\nprint -r -- $_comps[ts-ebpf]`;
    const output = execFileSync("zsh", ["-f"], { input: file, encoding: "utf8" });
    assert.equal(output, "_ts_ebpf\n");
  });
});

describe("fish completion", needs("fish"), () => {
  const complete = (line: string): string[] => {
    const commands = `${script("fish")}\ncomplete --do-complete '${line}'`;
    const output = execFileSync("fish", ["--no-config", "-c", commands], { encoding: "utf8" });
    return output
      .split("\n")
      .filter(Boolean)
      .map((offered) => offered.split("\t")[0]!);
  };

  it("is fish", () =>
    void execFileSync("fish", ["--no-config", "-c", script("fish")], { stdio: "pipe" }));
  it("offers commands", () =>
    assert.deepEqual(complete("ts-ebpf ").toSorted(), commandNames.toSorted()));
  it("offers commands of a group", () => assert.deepEqual(complete("ts-ebpf trace e"), ["exec"]));
  it("offers options of the command", () =>
    assert.deepEqual(complete("ts-ebpf trace exec --du"), ["--duration"]));
  it("offers no options of other commands", () =>
    assert.deepEqual(complete("ts-ebpf doctor --du"), []));
  it("offers users", () =>
    assert.ok(complete("ts-ebpf trace exec --uid ").includes(userInfo().username)));
  it("offers shells", () => assert.deepEqual(complete("ts-ebpf completion z"), ["zsh"]));
  it("offers the choices of an option", () =>
    assert.deepEqual(complete("ts-ebpf dump --optimize n"), ["none"]));
  it("offers files where files are wanted", () => {
    assert.ok(complete("ts-ebpf types pack").some((word) => word.startsWith("pack")));
    assert.ok(complete("ts-ebpf types --out pack").some((word) => word.startsWith("pack")));
  });
  it("offers files behind the choice that they are for", () => {
    assert.deepEqual(complete("ts-ebpf btf dump p"), ["prog"]);
    assert.deepEqual(complete("ts-ebpf btf dump file package.js"), ["package.json"]);
  });
  it("offers no files", () => {
    const [file = "package.json"] = readdirSync(".");
    assert.ok(!complete("ts-ebpf doctor ").includes(file));
  });
});
