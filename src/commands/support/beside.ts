import type { Command } from "commander";
import type { BesideOptions } from "../../backends/embedded/beside.ts";

export interface BesideArguments extends BesideOptions {
  readonly open?: boolean;
}

/** Options for what queries name beside the logs: saved functions, watchlists, external data. */
export const besideFolders = (command: Command): Command =>
  command
    .option("--functions <folder>", "saved functions: name.kql with (parameters) { body }, a query, or a parser's YAML")
    .option("--watchlists <folder>", "what _GetWatchlist('alias') reads: alias.csv with a header")
    .option("--external-data <folder>", "copies of what externaldata names: host/path, or the file's name alone");

/** The same, and undescribed tables. */
export const besideOptions = (command: Command): Command =>
  besideFolders(command).option("--open", "take tables, functions and sources that nothing describes as empty ones");

/** The options that were given. */
export const besideOf = ({ functions, watchlists, externalData, open }: BesideArguments): BesideArguments => ({
  ...(functions === undefined ? {} : { functions }),
  ...(watchlists === undefined ? {} : { watchlists }),
  ...(externalData === undefined ? {} : { externalData }),
  ...(open === undefined ? {} : { open }),
});
