import { writeFile } from "node:fs/promises";
import { Option } from "commander";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";

/** Holds the token that a webhook asks for. */
const TOKEN = "ZTLENS_WEBHOOK_TOKEN";

export const eventsOption = (): Option =>
  new Option("--events <file>", "also write changes of access as CAEP events, one per line");

export const webhookOption = (): Option =>
  new Option("--webhook <url>", `also post each change of access once, as a CAEP event; needs --state (${TOKEN})`);

/** Writes the events of a result as JSON lines. */
export async function writeEvents(result: Assessment, file: string, scope: string): Promise<void> {
  const { eventLines } = await import("../../publish/events.ts");
  try {
    await writeFile(file, eventLines(result, scope));
  } catch (cause) {
    throw new UsageError(`Cannot write the events to ${file}.`, [], { cause });
  }
}

export interface Webhook {
  readonly url: string;
  /** Folder in which events wait. */
  readonly state: string;
  readonly scope: string;
}

/** Throws `UsageError` for a webhook that could not be told. */
export async function webhookOf(
  url: string | undefined,
  state: string | undefined,
  scope: string,
): Promise<Webhook | undefined> {
  if (url === undefined) return undefined;
  if (state === undefined) throw new UsageError("--webhook needs --state: what is not taken waits there.");
  (await import("../../publish/webhook.ts")).webhookUrl(url);
  return { url, state, scope };
}

/** Tells the events of a result, and throws where one had to wait. */
export async function tellTo(result: Assessment, { url, state, scope }: Webhook): Promise<{ readonly taken: number }> {
  const [{ changeEvents }, { tell, tellingError }] = await Promise.all([
    import("../../publish/events.ts"),
    import("../../publish/webhook.ts"),
  ]);
  const token = process.env[TOKEN];
  const telling = await tell(changeEvents(result, scope), { state, webhook: { url, ...(token && { token }) } });
  const error = tellingError(telling);
  if (error) throw error;
  return { taken: telling.taken };
}
