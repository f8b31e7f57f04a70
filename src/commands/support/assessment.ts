import { writeFile } from "node:fs/promises";
import { Option } from "commander";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";
import type { Evidence, ViewOptions } from "../../outputs/view/evidence.ts";
import { writeOut } from "./streams.ts";

export const FORMATS = ["table", "json", "jsonl", "csv", "oscal", "ocsf", "sarif"] as const;
export type Format = (typeof FORMATS)[number];

export const outputOption = (): Option =>
  new Option("-o, --output <format>", "how the result is printed").choices([...FORMATS]).default("table");

type Render = (assessment: Assessment, options?: { readonly color?: boolean } & ViewOptions) => string;

const MODULES: Readonly<Record<Format | "html", () => Promise<{ readonly render: Render }>>> = {
  table: () => import("../../outputs/terminal.ts"),
  json: () => import("../../outputs/json.ts"),
  jsonl: () => import("../../outputs/jsonl.ts"),
  csv: () => import("../../outputs/csv.ts"),
  oscal: () => import("../../outputs/oscal.ts"),
  ocsf: () => import("../../outputs/ocsf.ts"),
  sarif: () => import("../../outputs/sarif.ts"),
  html: () => import("../../outputs/html.ts"),
};

/** Colour repeats what words say, and only where a person looks. */
const wantsColor = (): boolean => process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

/** `evidence` is the bundle of the result, which the auditors' formats cite. */
export async function printAssessment(assessment: Assessment, format: Format, evidence?: Evidence): Promise<void> {
  const { render } = await MODULES[format]();
  await writeOut(render(assessment, { color: wantsColor(), ...(evidence && { evidence }) }));
}

export async function writeReport(assessment: Assessment, file: string): Promise<void> {
  const { render } = await MODULES.html();
  try {
    await writeFile(file, render(assessment));
  } catch (cause) {
    throw new UsageError(`Cannot write the report to ${file}.`, [], { cause });
  }
}
