/**
 * Writes the page of all commands from their help, so that neither knows another command line than the other.
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import { createCommandLine, pathOf, withSubcommands } from "../../packages/cli/src/command-line.ts";
import { capturedContext } from "../../packages/cli/src/testing/captured.ts";
import type { Generator } from "./generator.ts";

const intro = `# Commands

All commands of \`ts-ebpf\`, as \`--help\` tells of each. This page is written by \`npm run gen\` from the commands
themselves; do not edit it.

- Results go to the standard output; progress, warnings and errors to the standard error.
- Exit codes: 0 done (Ctrl-C included), 1 failed, 2 wrong usage, 3 privileges or kernel features missing. A second Ctrl-C ends at
  once, with 130.
- \`--json\` prints objects for programs, errors among them, as one object on the standard error.
- Colours: on terminals; \`NO_COLOR=1\` switches them off, \`FORCE_COLOR=1\` on.
- When nobody reads the output any more (\`| head\`), a command ends without an error.
`;

/** The page of commands. */
export const generator: Generator = {
  name: "commands",
  release: () => undefined,
  generate: () => [{ path: "docs/commands.md", text: commandsPage() }],
};

/** The text of the page. */
export function commandsPage(): string {
  const commands = withSubcommands(createCommandLine(capturedContext())).slice(1);
  const list = commands.map((command) => {
    const path = pathOf(command);
    return `- [\`${path}\`](#${path.replaceAll(" ", "-")}): ${command.summary() || command.description()}`;
  });
  return [intro, list.join("\n"), ...commands.map(sectionOf)].join("\n") + "\n";
}

type Command = ReturnType<typeof createCommandLine>;

function sectionOf(command: Command): string {
  return `\n## ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``;
}

/** The help of `command` as a pipe gets it. */
function helpOf(command: Command): string {
  const context = capturedContext();
  const path = pathOf(command);
  const own = withSubcommands(createCommandLine(context)).find((one) => pathOf(one) === path)!;
  own.outputHelp();
  return stripVTControlCharacters(context.written.out.text)
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
}
