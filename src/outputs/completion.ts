import { shellQuote } from "../core/text/shell.ts";

export interface CompletionOption {
  /** `--output`, `-o`. */
  readonly flags: readonly string[];
  readonly choices: readonly string[];
}

export interface CompletionCommand {
  readonly name: string;
  readonly options: readonly CompletionOption[];
  readonly commands: readonly CompletionCommand[];
}

export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

interface Place {
  /** `` for the program, `/evidence/verify` for a sub-command of a sub-command. */
  readonly path: string;
  readonly command: CompletionCommand;
}

const places = (command: CompletionCommand, path = ""): Place[] => [
  { path, command },
  ...command.commands.flatMap((child) => places(child, `${path}/${child.name}`)),
];

const words = (list: readonly string[]): string => shellQuote(list.join(" "));

/** Lines of a `case` over the place where the cursor is. */
function branches({ path, command }: Place): { values: string[]; names: string[] } {
  const values = command.options
    .filter(({ choices }) => choices.length > 0)
    .map(({ flags, choices }) => {
      const patterns = flags.map((flag) => shellQuote(`${path} ${flag}`)).join("|");
      return `    ${patterns}) COMPREPLY=($(compgen -W ${words(choices)} -- "$cur")); return ;;`;
    });
  const children = command.commands.map(({ name }) => name);
  const flags = command.options.flatMap((option) => option.flags);
  return { values, names: [`    ${shellQuote(path)}) names=${words(children)} flags=${words(flags)} ;;`] };
}

/**
 * A completion script: commands, options, the choices of an option, and files wherever nothing else fits. zsh runs the
 * same function through its bashcompinit.
 */
export function completionScript(shell: Shell, program: CompletionCommand): string {
  const all = places(program);
  const parts = all.map(branches);
  const known = all.slice(1).map(({ path }) => shellQuote(path));
  const script = [
    `_${program.name}() {`,
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= names= flags= i`,
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    `    case "$path/\${COMP_WORDS[i]}" in`,
    `      ${known.join("|") || "''"}) path="$path/\${COMP_WORDS[i]}" ;;`,
    "    esac",
    "  done",
    '  case "$path $prev" in',
    ...parts.flatMap(({ values }) => values),
    "  esac",
    '  case "$path" in',
    ...parts.flatMap(({ names }) => names),
    "  esac",
    "  [[ $cur == -* ]] && names=$flags",
    '  COMPREPLY=($(compgen -W "$names" -- "$cur"))',
    "}",
    `complete -o default -F _${program.name} ${program.name}`,
  ];
  const prelude = shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : [];
  return `${[...prelude, ...script].join("\n")}\n`;
}
