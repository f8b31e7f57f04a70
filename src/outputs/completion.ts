import { fishQuote, powershellQuote, shellQuote } from "../core/text/shell.ts";

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

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
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

/** zsh runs the function of bash through its bashcompinit. */
function bashScript(program: CompletionCommand, prelude: readonly string[] = []): string[] {
  const all = places(program);
  const parts = all.map(branches);
  const known = all.slice(1).map(({ path }) => shellQuote(path));
  return [
    ...prelude,
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
}

/** The words of a place as one space-separated list per question: sub-commands, flags, and the choices of each flag. */
function answers({ path, command }: Place): [question: string, words: readonly string[]][] {
  return [
    [`${path}`, command.commands.map(({ name }) => name)],
    [`${path} -`, command.options.flatMap(({ flags }) => flags)],
    ...command.options.flatMap(({ flags, choices }) =>
      choices.length > 0 ? flags.map((flag): [string, readonly string[]] => [`${path} ${flag}`, choices]) : [],
    ),
  ];
}

function fishScript(program: CompletionCommand): string[] {
  const cases = places(program)
    .flatMap(answers)
    .map(([question, list]) => `    case ${fishQuote(question)}; printf '%s\\n' ${list.map(fishQuote).join(" ")}`);
  const known = places(program)
    .slice(1)
    .map(({ path }) => fishQuote(path))
    .join(" ");
  const name = program.name;
  return [
    `function __${name}_words`,
    '  switch "$argv[1]"',
    ...cases,
    "  end",
    "end",
    `function __${name}_complete`,
    "  set -l words (commandline -opc)",
    "  set -l path ''",
    "  for word in $words[2..-1]",
    `    contains -- "$path/$word" ${known}; and set path "$path/$word"`,
    "  end",
    `  set -l choices (__${name}_words "$path $words[-1]")`,
    "  if test (count $words) -gt 1; and test (count $choices) -gt 0",
    "    printf '%s\\n' $choices",
    "  else if string match -q -- '-*' (commandline -ct)",
    `    __${name}_words "$path -"`,
    "  else",
    `    __${name}_words "$path"`,
    "  end",
    "end",
    `complete -c ${name} -a '(__${name}_complete)'`,
  ];
}

function powershellScript(program: CompletionCommand): string[] {
  const table = places(program)
    .flatMap(answers)
    .filter(([, list]) => list.length > 0)
    .map(([question, list]) => `    ${powershellQuote(question)} = @(${list.map(powershellQuote).join(", ")})`);
  const known = places(program)
    .slice(1)
    .map(({ path }) => powershellQuote(path))
    .join(", ");
  return [
    `Register-ArgumentCompleter -Native -CommandName ${powershellQuote(program.name)} -ScriptBlock {`,
    "  param($wordToComplete, $commandAst, $cursorPosition)",
    "  $answers = @{",
    ...table,
    "  }",
    `  $places = @(${known})`,
    "  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })",
    "  $path = ''",
    '  foreach ($word in ($words | Select-Object -Skip 1)) { if ($places -ccontains "$path/$word") { $path = "$path/$word" } }',
    '  $list = if ($words.Count -gt 1) { $answers["$path $($words[-1])"] }',
    '  if (-not $list) { $list = if ($wordToComplete.StartsWith("-")) { $answers["$path -"] } else { $answers[$path] } }',
    "  $list | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }",
    "}",
  ];
}

const SCRIPTS: Readonly<Record<Shell, (program: CompletionCommand) => string[]>> = {
  bash: (program) => bashScript(program),
  zsh: (program) => bashScript(program, ["autoload -U +X bashcompinit && bashcompinit"]),
  fish: fishScript,
  powershell: powershellScript,
};

/** A completion script: commands, options, the choices of an option, and files wherever nothing else fits. */
export const completionScript = (shell: Shell, program: CompletionCommand): string =>
  `${SCRIPTS[shell](program).join("\n")}\n`;
