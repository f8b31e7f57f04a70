import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { EXIT, UsageError } from "../core/errors.ts";
import { jsonText } from "../core/text/json.ts";
import { pad, terminalText } from "../core/text/terminal.ts";
import { parseIsoDatetime } from "../core/ticks.ts";
import { MANIFEST_FILE, type Manifest } from "../evidence/manifest.ts";
import type { Check, Rerun } from "../evidence/verify.ts";
import { type Format, outputOption, printAssessment } from "./support/assessment.ts";
import { readKey } from "./support/evidence.ts";
import { collect } from "./support/options.ts";
import { withPseudonyms } from "./support/pseudonyms.ts";
import { readResult } from "./support/results.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly key: readonly string[];
  readonly previous?: string;
  readonly data: readonly string[];
  readonly assumeTable?: string;
  readonly queries?: string;
  readonly config?: string;
  readonly pseudonymise?: string;
  readonly json?: boolean;
}

export default (): Command =>
  new Command("evidence")
    .description("work with evidence bundles")
    .addCommand(
      new Command("show")
        .description("print a bundle's result in any format; oscal, ocsf and sarif cite its manifest")
        .argument("<folder>", "the bundle")
        .addOption(outputOption())
        .addHelpText(
          "after",
          `
Example:
  ztlens evidence show ./bundle -o oscal`,
        )
        .action(show),
    )
    .addCommand(
      new Command("verify")
        .description("check a bundle: signature, files, digests, rows, counts, time, chain, and the result itself")
        .argument("<folder>", "the bundle")
        .option("--key <file>", "a trusted Ed25519 public key, PEM (repeatable)", collect, [])
        .option("--previous <digest>", "sha256 of the manifest of the bundle before this one")
        .option("-d, --data <path>", "the bundle's inputs, to assess them again (repeatable)", collect, [])
        .option("--assume-table <name>", "as it was given to replay")
        .option("--queries <folder>", "as it was given to replay")
        .option("--config <file>", "as it was given to replay")
        .option("--pseudonymise <keyfile>", "as it was given to replay")
        .option("--json", "print the checks as JSON")
        .addHelpText(
          "after",
          `
Exit codes: 0 nothing failed, 1 a check failed, 2 this is no bundle.

Examples:
  ztlens replay ./export --evidence ./bundle
  ztlens evidence verify ./bundle --key auditor.pub --data ./export`,
        )
        .action(verify),
    );

/** Assesses the given logs as of the time of the bundle, with the shipped packs. */
async function assessAgain(manifest: Manifest, options: Options): Promise<Rerun> {
  const asOf = parseIsoDatetime(manifest.asOf);
  if (asOf === undefined) throw new UsageError(`The bundle's time ${manifest.asOf} is not a time.`);
  const [{ replay }, { digestInputs }] = await Promise.all([
    import("../maturity/replay.ts"),
    import("../evidence/digest.ts"),
  ]);
  const configuration = options.config && (await import("../maturity/config.ts")).readConfiguration(options.config);
  const assessment = await replay({
    paths: options.data,
    asOf,
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.queries !== undefined && { packs: options.queries }),
    ...(configuration && { configuration }),
  });
  const inputs = await digestInputs(assessment.inputs);
  return { assessment: await withPseudonyms(assessment, options.pseudonymise), inputs };
}

async function show(folder: string, { output }: { readonly output: Format }): Promise<void> {
  const assessment = readResult(folder);
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) throw new UsageError(`${folder} is no evidence bundle: it has no ${MANIFEST_FILE}.`);
  const { sha256 } = await import("../evidence/digest.ts");
  await printAssessment(assessment, output, { digest: sha256(readFileSync(file)) });
}

async function verify(folder: string, options: Options): Promise<void> {
  const [{ verifyBundle }, { publicKey }] = await Promise.all([
    import("../evidence/verify.ts"),
    import("../evidence/dsse.ts"),
  ]);
  const checks = await verifyBundle(folder, {
    trusted: options.key.map((file) => publicKey(readKey(file))),
    now: new Date().toISOString(),
    ...(options.previous !== undefined && { previous: options.previous }),
    ...(options.data.length > 0 && { rerun: (manifest: Manifest) => assessAgain(manifest, options) }),
  });
  await writeOut(options.json ? `${jsonText(checks, 2)}\n` : checks.map(line).join(""));
  process.exitCode = checks.some(({ status }) => status === "fail") ? EXIT.gateMissed : EXIT.ok;
}

const WORDS: Readonly<Record<Check["status"], string>> = { pass: "pass", fail: "FAIL", not_checked: "not checked" };

const line = ({ name, status, detail }: Check): string =>
  `${pad(WORDS[status], 12)}${pad(name, 10)} ${terminalText(detail)}\n`;
