import type { Assessment } from "../core/assessment.ts";
import { IncompleteDataError, UnauthorizedError, type ZtlensError } from "../core/errors.ts";
import { Ingestion, type IngestionOptions } from "./ingestion.ts";
import { Outbox, type Waiting } from "./outbox.ts";
import type { SendFailure } from "./retry.ts";
import { type RunOptions, resultRows } from "./rows.ts";

export interface Delivery {
  /** Runs, requests and rows that the service has taken. */
  readonly runs: number;
  readonly requests: number;
  readonly rows: number;
  /** Runs that wait on. */
  readonly waiting: number;
  /** Why the first of them waits. */
  readonly failure?: SendFailure;
}

export interface PublishOptions extends RunOptions {
  /** The folder in which runs wait until the service has taken them. */
  readonly state: string;
  readonly ingestion: IngestionOptions;
}

/** Keeps the results of a run, then sends them and whatever earlier runs have left. Throws only when aborted. */
export async function publish(assessment: Assessment, options: PublishOptions): Promise<Delivery> {
  const outbox = new Outbox(options.state);
  outbox.add(resultRows(assessment, options));
  return deliver(outbox, new Ingestion(options.ingestion));
}

/**
 * Sends all runs of an outbox, the oldest first, each with its own row last. A run that the service refuses waits on
 * without holding up the others; where the service does not answer or grants no access, all that is left waits.
 */
export async function deliver(outbox: Outbox, ingestion: Pick<Ingestion, "send">): Promise<Delivery> {
  const counts = { runs: 0, requests: 0, rows: 0 };
  let failure: SendFailure | undefined;
  for (const run of outbox.waiting()) {
    const failed = await deliverRun(run, outbox, ingestion, counts);
    failure ??= failed;
    if (failed && failed.kind !== "refused") break;
  }
  return { ...counts, waiting: outbox.waiting().length, ...(failure && { failure }) };
}

async function deliverRun(
  run: Waiting,
  outbox: Outbox,
  ingestion: Pick<Ingestion, "send">,
  counts: { runs: number; requests: number; rows: number },
): Promise<SendFailure | undefined> {
  for (const chunk of run.chunks) {
    const rows = outbox.read(chunk);
    if (rows.length === 0) continue;
    const failure = await ingestion.send(chunk.table, rows);
    if (failure) return failure;
    outbox.sent(chunk);
    counts.requests += 1;
    counts.rows += rows.length;
  }
  outbox.close(run);
  counts.runs += 1;
  return undefined;
}

/** The error that a delivery ends a command with, or undefined when nothing waits. */
export function deliveryError({ failure, waiting }: Delivery): ZtlensError | undefined {
  if (!failure) return undefined;
  const kept = `${waiting} ${waiting === 1 ? "run waits" : "runs wait"} in the outbox; the next publish sends them.`;
  if (failure.kind !== "unauthorized")
    return new IncompleteDataError(`The results were not taken (${failure.message}). ${kept}`);
  return new UnauthorizedError(
    `The service grants no access (${failure.message}). The identity needs the role Monitoring Metrics Publisher on the data collection rule; a new assignment takes up to an hour. ${kept}`,
  );
}
