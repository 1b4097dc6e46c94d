/**
 * Completion for fish.
 * @module
 */
import type { CommandDescription, OptionDescription } from "./describe.ts";

/** A script that fish runs: `ts-ebpf completion fish | source`. */
export function fishScript(commands: readonly CommandDescription[]): string {
  const routes = commands.map(({ route }) => route).filter((route) => route !== "");
  return `# fish completion for ts-ebpf: ts-ebpf completion fish | source
function __ts_ebpf_at
    set -l route ""
    for word in (commandline -opc)[2..]
        if contains -- "$route/$word" ${routes.join(" ")}
            set route "$route/$word"
        end
    end
    test "$route" = "$argv[1]"
end
complete -c ts-ebpf -f
${commands.flatMap(linesOf).join("\n")}
`;
}

function linesOf({
  route,
  subcommands,
  options,
  choices,
  takesFiles,
}: CommandDescription): readonly string[] {
  const when = (condition: string): string => {
    return `complete -c ts-ebpf -n '__ts_ebpf_at "${route}"${condition}'`;
  };
  const start = when("");
  const chosen = `__fish_seen_subcommand_from ${choices.join(" ")}`;
  // Files are for what stands behind a choice, where there is one.
  const files = choices.length === 0 ? start : when(`; and ${chosen}`);
  const first = takesFiles ? when(`; and not ${chosen}`) : start;
  return [
    ...subcommands.map(({ name, summary }) => `${start} -a ${name} -d ${quote(summary)}`),
    ...choices.map((choice) => `${first} -a ${choice}`),
    ...(takesFiles ? [`${files} -F`] : []),
    ...options.map((option) => `${start} ${flagsOf(option)} -d ${quote(option.summary)}`),
  ];
}

const actions: {
  readonly [Kind in Exclude<OptionDescription["value"], "choice" | undefined>]: string;
} = {
  user: " -x -a '(__fish_complete_users)'",
  process: " -x -a '(__fish_complete_pids)'",
  file: " -r -F",
  interface: " -x -a '(__fish_print_interfaces)'",
  text: " -x",
};

function actionOf({ value, choices }: OptionDescription): string {
  if (value === undefined) return "";
  return value === "choice" ? ` -x -a ${quote(choices.join(" "))}` : actions[value];
}

function flagsOf(option: OptionDescription): string {
  const { flags } = option;
  const words = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  return words.join(" ") + actionOf(option);
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
