/**
 * Completion for zsh.
 * @module
 */
import type { CommandDescription, OptionDescription } from "./describe.ts";

/** A script that zsh runs: `source <(ts-ebpf completion zsh)`, or a file `_ts-ebpf` in a folder of `fpath`. */
export function zshScript(commands: readonly CommandDescription[]): string {
  const routes = commands.map(({ route }) => route).filter((route) => route !== "");
  return `#compdef ts-ebpf
# zsh completion for ts-ebpf: source <(ts-ebpf completion zsh)
_ts_ebpf() {
  local route= word
  integer depth=0
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $route/$word in
      ${routes.join("|")}) route+=/$word; (( depth++ )) ;;
      *) break ;;
    esac
  done
  words=(ts-ebpf "\${(@)words[depth+2,-1]}")
  (( CURRENT -= depth ))
  case $route in
${commands.map(commandCase).join("\n")}
  esac
}
if [[ $funcstack[1] == _ts_ebpf ]]; then _ts_ebpf "$@"; else compdef _ts_ebpf ts-ebpf; fi
`;
}

function commandCase({
  route,
  subcommands,
  options,
  choices,
  takesFiles,
}: CommandDescription): string {
  const specs = options.map(optionSpec);
  const words = [
    ...subcommands.map(({ name, summary }) => `${name}\\:${inList(summary)}`),
    ...choices,
  ];
  if (words.length > 0) specs.push(quote(`1:argument:((${words.join(" ")}))`));
  if (takesFiles) specs.push(quote("*:file:_files"));
  const lines = ["_arguments", ...specs].join(" \\\n      ");
  return `    "${route}") ${lines} ;;`;
}

const actions: {
  readonly [Kind in Exclude<OptionDescription["value"], "choice" | undefined>]: string;
} = {
  user: ":user:_users",
  process: ":process:_pids",
  file: ":file:_files",
  interface: ":interface:_net_interfaces",
  text: ":value:",
};

function actionOf({ value, choices }: OptionDescription): string {
  if (value === undefined) return "";
  return value === "choice" ? `:value:(${choices.join(" ")})` : actions[value];
}

function optionSpec(option: OptionDescription): string {
  const { flags, summary, repeatable } = option;
  const action = actionOf(option);
  const text = `[${inBrackets(summary)}]${action}`;
  if (flags.length === 1) return quote(`${repeatable ? "*" : ""}${flags[0]}${text}`);
  return `${quote(`(${flags.join(" ")})`)}{${flags.join(",")}}${quote(text)}`;
}

/** Text between square brackets. */
function inBrackets(text: string): string {
  return text.replaceAll(/[\\[\]]/g, String.raw`\$&`);
}

/** A word of a list, in which blanks and parentheses end words and lists. */
function inList(text: string): string {
  return text.replaceAll(/[\\:() "]/g, String.raw`\$&`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
