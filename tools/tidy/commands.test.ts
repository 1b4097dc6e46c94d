import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createCommandLine, pathOf, withSubcommands } from "../../packages/cli/src/command-line.ts";
import { capturedContext } from "../../packages/cli/src/testing/captured.ts";
import { commandsPage } from "../gen/commands.ts";
import { root } from "./tree.ts";

const page = readFileSync(join(root, "docs/commands.md"), "utf8");

describe("docs/commands.md", () => {
  const commands = withSubcommands(createCommandLine(capturedContext())).slice(1);

  it("has a section with the options of each command", () => {
    const sections = new Map(
      page.split(/^## /m).map((section) => [section.slice(0, section.indexOf("\n")), section]),
    );
    for (const command of commands) {
      const section = sections.get(pathOf(command)) ?? "";
      assert.ok(section.includes(`Usage: ${pathOf(command)}`), `no section for ${pathOf(command)}`);
      for (const { long } of command.options) assert.ok(long && section.includes(long), long ?? "");
    }
    assert.equal(sections.size, commands.length + 1);
  });

  it("is what the commands say of themselves", () =>
    assert.equal(page, commandsPage(), 'docs/commands.md is stale; run "npm run gen -- commands"'));
});
