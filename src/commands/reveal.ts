import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { visibleLines } from "../core/text/visible.ts";
import { pseudonymiserOf } from "./support/pseudonyms.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly key: string;
}

export default (): Command =>
  new Command("reveal")
    .description("put the names back where --pseudonymise wrote tokens, for who holds the key")
    .argument("[file]", "text with tokens, such as a report's JSON (default: standard input)")
    .requiredOption("--key <keyfile>", "the key file that --pseudonymise was given")
    .addHelpText(
      "after",
      `
Examples:
  openssl rand -hex 32 > key && ztlens replay ./export --pseudonymise key -o csv > shared.csv
  ztlens reveal --key key shared.csv
  echo user-mzxw6ytboi... | ztlens reveal --key key`,
    )
    .action(run);

async function run(file: string | undefined, { key }: Options): Promise<void> {
  const pseudonymiser = await pseudonymiserOf(key);
  const { text, tokens } = pseudonymiser.reveal(file === undefined ? await readAll(process.stdin) : read(file));
  await writeOut(visibleLines(text));
  process.stderr.write(`${tokens} tokens revealed\n`);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}.`, [], { cause });
  }
}
