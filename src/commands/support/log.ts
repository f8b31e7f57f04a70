import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import { jsonLine } from "../../core/text/json.ts";
import { redactSecrets } from "../../core/text/secrets.ts";

export const LEVELS = ["error", "warn", "info", "debug"] as const;

/** One JSON object per line on stderr, whatever a value holds: no credential, no second line, no control character. */
const destination = {
  write(line: string): void {
    const entry = JSON.parse(line, (_, value) => (typeof value === "string" ? redactSecrets(value) : value)) as object;
    process.stderr.write(`${jsonLine(entry)}\n`);
  },
};

/**
 * The log of one run. Every line carries the run's id. A person at a terminal sees the progress line instead, unless
 * `ZTLENS_LOG` sets a level.
 */
export function createLog(command: string): Logger {
  const asked = LEVELS.find((level) => level === process.env.ZTLENS_LOG);
  const level = asked ?? (process.stderr.isTTY ? "error" : "info");
  return pino(
    { level, base: { command, run: randomUUID() }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: "message" },
    destination,
  );
}
