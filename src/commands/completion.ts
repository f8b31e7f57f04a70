import { Argument, Command } from "commander";
import { type CompletionCommand, completionScript, SHELLS, type Shell } from "../outputs/completion.ts";
import { buildProgram } from "./support/main.ts";
import { writeOut } from "./support/streams.ts";

export default (): Command =>
  new Command("completion")
    .description("print a completion script for your shell")
    .addArgument(new Argument("<shell>", "the shell").choices([...SHELLS]))
    .addHelpText(
      "after",
      `
Examples:
  source <(ztlens completion bash)
  ztlens completion zsh >> ~/.zshrc
  ztlens completion fish > ~/.config/fish/completions/ztlens.fish
  ztlens completion powershell >> $PROFILE`,
    )
    .action(run);

const describe = (command: Command): CompletionCommand => ({
  name: command.name(),
  options: command.options.map(({ short, long, argChoices }) => ({
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    choices: argChoices ?? [],
  })),
  commands: command.commands.map(describe),
});

async function run(shell: Shell): Promise<void> {
  await writeOut(completionScript(shell, describe(await buildProgram([]))));
}
