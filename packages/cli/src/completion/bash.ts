/**
 * Completion for bash.
 * @module
 */
import { valuesOfKind, type CommandDescription, type OptionDescription } from "./describe.ts";

/** A script that bash runs: `source <(ts-ebpf completion bash)`. */
export function bashScript(commands: readonly CommandDescription[]): string {
  const routes = commands.map(({ route }) => route).filter((route) => route !== "");
  return `# bash completion for ts-ebpf: source <(ts-ebpf completion bash)
_ts_ebpf() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} route= index
  # bash takes --option=value for three words.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case $route/\${COMP_WORDS[index]} in
      ${routes.join("|")}) route+=/\${COMP_WORDS[index]} ;;
    esac
  done
  COMPREPLY=()
  case "$route $previous" in
${valueCases(commands)}
  esac
  case $route in
${commands.map(wordCase).join("\n")}
  esac
}
complete -F _ts_ebpf ts-ebpf
`;
}

const listings: { readonly [Kind in NonNullable<OptionDescription["value"]>]: string } = {
  user: 'COMPREPLY=($(compgen -u -- "$current")); return',
  process: 'COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")); return',
  file: 'COMPREPLY=($(compgen -f -- "$current")); return',
  interface: 'COMPREPLY=($(compgen -W "$(cd /sys/class/net && echo *)" -- "$current")); return',
  text: "return",
};

function valueCases(commands: readonly CommandDescription[]): string {
  return Object.entries(listings)
    .map(([kind, listing]) => ({
      patterns: valuesOfKind(commands, kind as keyof typeof listings).map(
        ({ route, flag }) => `"${route} ${flag}"`,
      ),
      listing,
    }))
    .filter(({ patterns }) => patterns.length > 0)
    .map(({ patterns, listing }) => `    ${patterns.join("|")}) ${listing} ;;`)
    .join("\n");
}

function wordCase({
  route,
  subcommands,
  options,
  choices,
  takesFiles,
}: CommandDescription): string {
  const words = [
    ...subcommands.map(({ name }) => name),
    ...choices,
    ...options.flatMap(({ flags }) => flags),
  ];
  const files = takesFiles ? " -f" : "";
  return `    "${route}") COMPREPLY=($(compgen${files} -W "${words.join(" ")}" -- "$current")) ;;`;
}
