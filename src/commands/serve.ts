import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { terminalText } from "../core/text/terminal.ts";
import type { RequestEntry } from "../server/server.ts";
import { newestTime } from "./support/clock.ts";
import { collect, parseCount, parseTime } from "./support/options.ts";

interface Options {
  readonly data: readonly string[];
  readonly assumeTable?: string;
  readonly store?: string;
  readonly asOf?: bigint;
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly limits: boolean;
  readonly quiet?: boolean;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

export default (): Command =>
  new Command("serve")
    .description("answer the Log Analytics query API and Kusto's REST API from exported logs")
    .option("-d, --data <path>", "exported logs: files, folders or globs (repeatable)", collect, [])
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .option("--as-of <time>", "what now() answers (default: the newest TimeGenerated)", parseTime)
    .option("--host <address>", "the address to listen on; beyond this machine it needs a token and TLS", "127.0.0.1")
    .option("--port <number>", "the port; 0 takes a free one", parseCount, 8080)
    .option("--token-file <file>", "a file with the bearer token that clients must send")
    .option("--tls-cert <file>", "certificate, PEM")
    .option("--tls-key <file>", "its private key, PEM")
    .option("--no-limits", "do not cut answers at the service's 500,000 rows and 64 MB")
    .option("-q, --quiet", "do not log requests")
    .addHelpText(
      "after",
      `
Any workspace id and any database name is this one. Azure SDK clients send tokens over https only.

Examples:
  ztlens serve -d ./export
  curl -s localhost:8080/v1/workspaces/x/query -H 'content-type: application/json' -d '{"query":"SigninLogs | count"}'
  ztlens serve -d ./export --tls-cert cert.pem --tls-key key.pem --token-file token.txt --host 0.0.0.0`,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const [token, tls] = [options.tokenFile && readText(options.tokenFile).trim(), readTls(options)];
  if (token === "") throw new UsageError(`The token file ${options.tokenFile} is empty.`);
  if (!LOOPBACK.test(options.host) && !(token && tls))
    throw new UsageError(
      `${options.host} can be reached from elsewhere: give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.`,
    );
  const [{ EmbeddedBackend }, { createServer }, { NO_LIMITS, SERVICE_LIMITS }] = await Promise.all([
    import("../backends/embedded/backend.ts"),
    import("../server/server.ts"),
    import("../server/types.ts"),
  ]);
  const { data: paths, assumeTable, store } = options;
  const backend = await EmbeddedBackend.open({ paths, ...(assumeTable && { assumeTable }), ...(store && { store }) });
  try {
    const service = {
      backend,
      now: options.asOf ?? (await newestTime(backend)),
      limits: options.limits ? SERVICE_LIMITS : NO_LIMITS,
    };
    const onRequest = options.quiet ? undefined : logRequest;
    const server = createServer({
      service,
      ...(token && { token }),
      ...(tls && { tls }),
      ...(onRequest && { onRequest }),
    });
    server.listen(options.port, options.host);
    await once(server, "listening").catch((cause: unknown) => {
      throw new UsageError(`Cannot listen on ${options.host}:${options.port}.`, [], { cause });
    });
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`Listening on ${tls ? "https" : "http"}://${options.host}:${port}\n`);
    // Ending a server is no interruption of its work: it exits with 0 and leaves nothing behind.
    process.removeAllListeners("SIGINT");
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    server.close();
    server.closeAllConnections();
  } finally {
    await backend.close();
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}.`, [], { cause });
  }
}

function readTls({ tlsCert, tlsKey }: Options): { cert: string; key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new UsageError("Give --tls-cert and --tls-key together.");
  return { cert: readText(tlsCert), key: readText(tlsKey) };
}

function logRequest({ method, path, status, milliseconds, defect }: RequestEntry): void {
  const line = `${new Date().toISOString()} ${method} ${path} ${status} ${milliseconds.toFixed(0)} ms`;
  process.stderr.write(`${terminalText(line)}\n`);
  if (defect !== undefined)
    process.stderr.write(
      `${terminalText(defect instanceof Error ? (defect.stack ?? defect.message) : String(defect))}\n`,
    );
}
