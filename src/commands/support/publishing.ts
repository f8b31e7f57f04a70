import type { Cloud } from "../../backends/auth/clouds.ts";
import type { AuthMethod } from "../../backends/auth/credential.ts";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";

export interface Destination {
  /** Logs ingestion endpoint: https. */
  readonly endpoint: string;
  /** Immutable id of the data collection rule. */
  readonly rule: string;
  readonly scope: string;
  /** Folder of the outbox. */
  readonly state: string;
  /** ISO 8601 UTC. */
  readonly runTime: string;
  readonly auth: AuthMethod;
  readonly cloud: Cloud;
}

function checked(endpoint: string, rule: string): void {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== "https:")
    throw new UsageError(
      `${endpoint} is no https address: give the logs ingestion endpoint of the data collection rule.`,
    );
  if (!/^dcr-[0-9a-f]{32}$/.test(rule))
    throw new UsageError(`${rule} is no immutable id of a data collection rule: dcr- and 32 hexadecimal digits.`);
}

/** Sends a result to the tables, says so on stderr, and throws where something had to stay in the outbox. */
export async function publishTo(assessment: Assessment, destination: Destination): Promise<void> {
  const { endpoint, rule, scope, state, runTime, auth, cloud } = destination;
  checked(endpoint, rule);
  const [{ deliveryError, publish }, { AUDIENCES }, { createCredential }] = await Promise.all([
    import("../../publish/publish.ts"),
    import("../../publish/ingestion.ts"),
    import("../../backends/auth/credential.ts"),
  ]);
  const credential = await createCredential({ method: auth, cloud });
  if (!credential) throw new UsageError("Log Analytics takes no rows without a token: choose another --auth.");
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once("SIGTERM", interrupt);
  try {
    const delivery = await publish(assessment, {
      scope,
      state,
      runTime,
      ingestion: {
        endpoint,
        ruleId: rule,
        credential,
        client: { audience: AUDIENCES[cloud] },
        signal: controller.signal,
      },
    });
    const { runs, rows, requests } = delivery;
    process.stderr.write(`Published ${runs} ${runs === 1 ? "run" : "runs"}: ${rows} rows in ${requests} requests\n`);
    const error = deliveryError(delivery);
    if (error) throw error;
  } finally {
    process.removeListener("SIGTERM", interrupt);
  }
}
