import { readFileSync } from "node:fs";
import { isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import type { Exception } from "../core/assessment.ts";
import { type Diagnostic, UsageError } from "../core/errors.ts";
import { LADDER } from "../core/maturity.ts";
import { parseExceptions } from "./ledger.ts";
import type { CriterionDefinition } from "./types.ts";

const share = z.number().min(0).max(1);
const schema = z.strictObject({
  criteria: z
    .record(
      z.string(),
      z.strictObject({
        thresholds: z.partialRecord(z.enum(LADDER), share).exactOptional(),
        minimum: z.number().int().min(1).exactOptional(),
        /** Days. */
        window: z.number().int().min(1).max(4000).exactOptional(),
        stage: z.enum(LADDER).exactOptional(),
      }),
    )
    .exactOptional(),
  /** Table → days without a new row that are normal. */
  quietDays: z.record(z.string(), z.number().positive()).exactOptional(),
  exceptions: z.unknown(),
});

/** What a tenant decides for itself: thresholds, minimums, windows, cadences and exceptions. */
export interface Configuration {
  readonly criteria: NonNullable<z.infer<typeof schema>["criteria"]>;
  readonly quietDays: Readonly<Record<string, number>>;
  readonly exceptions: readonly Exception[];
}

export const DEFAULTS: Configuration = { criteria: {}, quietDays: {}, exceptions: [] };

/** Reads a configuration file (YAML or JSON). Throws UsageError with the place of every mistake. */
export function readConfiguration(file: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(read(file), { lineCounter: lines });
  const at = (offset: number | undefined): Pick<Diagnostic, "line" | "column"> => {
    const { line, col: column } = lines.linePos(offset ?? 0);
    return { line, column };
  };
  const refuse = (diagnostics: readonly Diagnostic[]): never => {
    throw new UsageError(`${file}: the configuration is not valid.`, diagnostics);
  };
  if (document.errors.length > 0) {
    refuse(
      document.errors.map(({ message, pos }) =>
        mistake(file, "yaml-invalid", message.split("\n")[0] ?? "", at(pos[0])),
      ),
    );
  }
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    return refuse(
      parsed.error.issues.map(({ path, message }) => {
        const node = document.getIn(path.slice(0, -1), true) ?? document.contents;
        const place = at(isNode(node) ? node.range?.[0] : 0);
        return mistake(file, "config-invalid", `${path.join(".")}: ${message}`, place);
      }),
    );
  }
  const { criteria = {}, quietDays = {}, exceptions } = parsed.data;
  return { criteria, quietDays, exceptions: exceptions === undefined ? [] : parseExceptions(exceptions, file) };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read the configuration ${file}.`, [], { cause });
  }
}

const mistake = (
  file: string,
  code: string,
  message: string,
  place: Pick<Diagnostic, "line" | "column">,
): Diagnostic => ({
  code,
  message,
  severity: "error",
  file,
  ...place,
  hint: "A configuration has criteria (thresholds, minimum, window, stage by id), quietDays and exceptions.",
});

/** The definition with the tenant's own values. Throws UsageError for a criterion that no pack defines. */
export function configure(
  definitions: readonly CriterionDefinition[],
  { criteria }: Configuration,
): readonly CriterionDefinition[] {
  const known = new Set(definitions.map(({ id }) => id));
  const unknown = Object.keys(criteria).filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw new UsageError(`The configuration names criteria that do not exist: ${unknown.join(", ")}.`);
  return definitions.map((definition) => {
    const own = criteria[definition.id];
    if (!own) return definition;
    return { ...definition, ...own, thresholds: { ...definition.thresholds, ...own.thresholds } };
  });
}
