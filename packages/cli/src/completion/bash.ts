/**
 * Completion for bash.
 * @module
 */
import { valuesOfKind, type CommandDescription, type OptionDescription } from "./describe.ts";

/** A script that bash runs: `source <(ts-ebpf completion bash)`. */
export function bashScript(commands: readonly CommandDescription[]): string {
  const routes = commands.map(({ route }) => route).filter((route) => route !== "");
  return `# bash completion for ts-ebpf: source <(ts-ebpf completion bash)
_ts_ebpf_files() {
  # Folders go on with a slash, and blanks are quoted; outside of a completion there is nothing to say that to.
  compopt -o filenames 2>/dev/null
  mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$1")
}
_ts_ebpf_given() {
  local given word
  for given in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    for word in "$@"; do [[ $given == "$word" ]] && return; done
  done
  return 1
}
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

const listings: {
  readonly [Kind in Exclude<OptionDescription["value"], "choice" | undefined>]: string;
} = {
  user: 'COMPREPLY=($(compgen -u -- "$current")); return',
  process: 'COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")); return',
  file: '_ts_ebpf_files "$current"; return',
  interface: 'COMPREPLY=($(compgen -W "$(cd /sys/class/net && echo *)" -- "$current")); return',
  text: "return",
};

function valueCases(commands: readonly CommandDescription[]): string {
  return [listedCases(commands), ...choiceCases(commands)].join("\n");
}

function choiceCases(commands: readonly CommandDescription[]): readonly string[] {
  return commands.flatMap(({ route, options }) =>
    options
      .filter(({ value }) => value === "choice")
      .map(({ flags, choices }) => {
        const patterns = flags.map((flag) => `"${route} ${flag}"`).join("|");
        return `    ${patterns}) ${offer(choices)}; return ;;`;
      }),
  );
}

/** Words that are offered as far as they begin alike. */
function offer(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`;
}

function listedCases(commands: readonly CommandDescription[]): string {
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
  const flags = options.flatMap((option) => option.flags);
  const words = [...subcommands.map(({ name }) => name), ...choices, ...flags];
  const files = takesFiles ? '; _ts_ebpf_files "$current"' : "";
  const offered =
    takesFiles && choices.length > 0
      ? // Files are for what stands behind the choice.
        `if _ts_ebpf_given ${choices.join(" ")}; then ${offer(flags)}${files}; else ${offer(words)}; fi`
      : `${offer(words)}${files}`;
  return `    "${route}") ${offered} ;;`;
}
