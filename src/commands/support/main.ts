import { readdirSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { type Diagnostic, EXIT, ZtlensError } from "../../core/errors.ts";
import { packageVersion } from "../../core/package.ts";
import { terminalText } from "../../core/text/terminal.ts";

type CommandModule = { readonly default: () => Command };

/** The exit code of a defect in ztlens itself (EX_SOFTWARE), apart from the codes that scripts act on. */
const EXIT_DEFECT = 70;

/** Every file of this folder is a command, named as the file. */
const folder = new URL("../", import.meta.url);
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

function commandNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(EXTENSION) && !name.endsWith(".d.ts"))
    .map((name) => name.slice(0, -EXTENSION.length))
    .sort();
}

async function loadCommand(name: string): Promise<Command> {
  const module = (await import(new URL(`${name}${EXTENSION}`, folder).href)) as CommandModule;
  return module.default();
}

/** The program with the command that `argv` names; help, a misspelt name and no `argv` load all. */
export async function buildProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command("ztlens")
    .description("Measures Zero Trust maturity from your own Azure telemetry, and shows the evidence.")
    .version(packageVersion())
    .exitOverride()
    .showHelpAfterError("(run with --help for the options)");
  const names = commandNames();
  const wanted = argv[2];
  for (const name of wanted !== undefined && names.includes(wanted) ? [wanted] : names) {
    program.addCommand((await loadCommand(name)).exitOverride().copyInheritedSettings(program));
  }
  return program;
}

/** A diagnostic as lines for stderr. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const place = [diagnostic.file, diagnostic.line, diagnostic.column].filter((part) => part !== undefined).join(":");
  const lines = [`${place ? `${place}: ` : ""}${diagnostic.severity} ${diagnostic.code}: ${diagnostic.message}`];
  if (diagnostic.hint) lines.push(`  ${diagnostic.hint}`);
  return lines.map((line) => `${terminalText(line)}\n`).join("");
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ZtlensError) {
    process.stderr.write(`ztlens: ${terminalText(error.message)}\n${error.diagnostics.map(formatDiagnostic).join("")}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `ztlens: a defect in ztlens, please report it\n${text.split("\n").map(terminalText).join("\n")}\n`,
  );
  return EXIT_DEFECT;
}

/** Runs one command line and answers its exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT_DEFECT),
  );
  process.once("SIGINT", () => process.exit(EXIT.interrupted));
  try {
    process.exitCode = EXIT.ok;
    await (await buildProgram(argv)).parseAsync([...argv]);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    return report(error);
  }
}
