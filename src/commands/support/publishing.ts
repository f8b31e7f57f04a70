import type { Cloud } from "../../backends/auth/clouds.ts";
import type { AuthMethod } from "../../backends/auth/credential.ts";
import type { Assessment } from "../../core/assessment.ts";
import { EXIT, UsageError, ZtlensError } from "../../core/errors.ts";
import type { Delivery } from "../../publish/publish.ts";

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

/** Throws `UsageError` for what can take no rows. */
export function checkDestination({ endpoint, rule }: Pick<Destination, "endpoint" | "rule">): void {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== "https:")
    throw new UsageError(
      `${endpoint} is no https address: give the logs ingestion endpoint of the data collection rule.`,
    );
  if (!/^dcr-[0-9a-f]{32}$/.test(rule))
    throw new UsageError(`${rule} is no immutable id of a data collection rule: dcr- and 32 hexadecimal digits.`);
}

/** What the service has taken. */
export type Taken = Pick<Delivery, "runs" | "rows" | "requests">;

/** Sends a result to the tables, and throws where something had to stay in the outbox. */
export async function publishTo(assessment: Assessment, destination: Destination): Promise<Taken> {
  const { endpoint, rule, scope, state, runTime, auth, cloud } = destination;
  checkDestination(destination);
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
    const error = deliveryError(delivery);
    if (error) throw error;
    const { runs, rows, requests } = delivery;
    return { runs, rows, requests };
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new ZtlensError(EXIT.interrupted, "Interrupted: what was not sent waits in the outbox.", [], {
      cause: error,
    });
  } finally {
    process.removeListener("SIGTERM", interrupt);
  }
}
