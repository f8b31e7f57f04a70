import type { Alert, Detection, RuleCoverage } from "../../core/alert.ts";
import { jsonLine } from "../../core/text/json.ts";
import { redact } from "../../evidence/redact.ts";

const line = (value: unknown): string => `${jsonLine(redact(value))}\n`;

/** One alert per line: the stable contract of `ztlens detect`. */
export function* render({ alerts }: Detection): Generator<string> {
  for (const alert of alerts) yield line(alert satisfies Alert);
}

/** One rule per line. */
export function* renderCoverage(coverage: readonly RuleCoverage[]): Generator<string> {
  for (const rule of coverage) yield line(rule);
}
