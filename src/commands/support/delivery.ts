import type { Command } from "commander";
import type { Assessment } from "../../core/assessment.ts";
import { EXIT } from "../../core/errors.ts";
import { withHistory } from "../../maturity/moments.ts";
import { type Format, outputOption, printAssessment, writeReport } from "./assessment.ts";
import { eventsOption, writeEvents } from "./events.ts";
import { writeEvidence } from "./evidence.ts";
import { exitCodeOf, type Gate, parseGates } from "./gate.ts";
import { collect } from "./options.ts";
import { pseudonymiseOption, withPseudonyms } from "./pseudonyms.ts";
import { readResult } from "./results.ts";
import { writeOut } from "./streams.ts";

export interface DeliveryFlags {
  readonly output: Format;
  readonly report?: string;
  readonly trend: readonly string[];
  readonly evidence?: string;
  readonly signWith: readonly string[];
  readonly follows?: string;
  readonly events?: string;
  readonly failOn?: readonly Gate[];
  readonly pseudonymise?: string;
  readonly quiet?: boolean;
  readonly allowPartial?: boolean;
}

/** Where a result goes: the same for every command that assesses. */
export const withDeliveryOptions = (command: Command): Command =>
  command
    .addOption(outputOption())
    .option("--report <file>", "also write the HTML report")
    .option(
      "--trend <path>",
      "an earlier result for the report's charts: a bundle, or -o jsonl (repeatable)",
      collect,
      [],
    )
    .option("--evidence <folder>", "also write an evidence bundle")
    .option("--sign-with <file>", "sign the bundle with an Ed25519 private key, PEM (repeatable)", collect, [])
    .option("--follows <digest>", "sha256 of the manifest of the bundle before this one")
    .addOption(eventsOption())
    .option("--fail-on <gate>", "exit 1 below a stage: intermediate, or identities=optimal (repeatable)", parseGates)
    .addOption(pseudonymiseOption())
    .option("-q, --quiet", "print nothing but errors: for cron, with --report, --evidence or --fail-on")
    .option("--allow-partial", "exit 0 although a criterion could not be assessed");

/** Prints and writes a result, and sets the exit code. `scope` names what was assessed in events. */
export async function deliver(found: Assessment, flags: DeliveryFlags, scope = "default"): Promise<void> {
  const assessment = await withPseudonyms(found, flags.pseudonymise);
  const digest =
    flags.evidence === undefined ? undefined : await writeEvidence(assessment, flags.evidence, flags, found.inputs);
  if (!flags.quiet) await printAssessment(assessment, flags.output, digest === undefined ? undefined : { digest });
  if (assessment.canary && flags.output === "table" && !flags.quiet)
    await writeOut(`\n${(await import("../../outputs/board/canary.ts")).canaryBlock(assessment.canary)}`);
  if (flags.report !== undefined) await writeReport(withHistory(assessment, flags.trend.map(readResult)), flags.report);
  if (digest !== undefined && !flags.quiet)
    process.stderr.write(`Evidence in ${flags.evidence}; its digest is ${digest}\n`);
  if (flags.events !== undefined) await writeEvents(assessment, flags.events, scope);
  process.exitCode = exitCodeOf(assessment, flags.failOn ?? [], flags.allowPartial === true);
  // The board says it itself; of the other forms not all have room for why something is missing.
  if (process.exitCode === EXIT.incomplete && flags.output !== "table" && !flags.quiet)
    process.stderr.write((await import("../../outputs/terminal.ts")).renderHealth(assessment));
}
