import { z } from "zod";
import type { Exception } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import { parseIsoDatetime } from "../core/ticks.ts";

const text = z.string().trim().min(1);

const schema = z.array(
  z.strictObject({
    criterion: text,
    entity: text.exactOptional(),
    reason: text,
    owner: text,
    expires: text.refine((value) => parseIsoDatetime(value) !== undefined, "expected an ISO 8601 date"),
  }),
);

/** The exceptions of a configuration. Throws UsageError with one diagnostic per mistake; `file` names the source. */
export function parseExceptions(value: unknown, file: string): readonly Exception[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const diagnostics = parsed.error.issues.map((issue) => ({
    code: "exception-invalid",
    message: `exceptions${issue.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("")}: ${issue.message}`,
    severity: "error" as const,
    file,
    hint: "An exception has criterion, reason, owner, expires and, for one offender only, entity.",
  }));
  throw new UsageError(`${file}: the list of exceptions is not valid.`, diagnostics);
}
