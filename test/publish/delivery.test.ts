import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import { jsonLine } from "../../src/core/text/json.ts";
import { formatDatetime, TICKS_PER_HOUR } from "../../src/core/ticks.ts";
import { CHUNK_LIMIT, chunksOf } from "../../src/publish/chunks.ts";
import { withFunctions } from "../../src/publish/functions.ts";
import { Ingestion, streamOf } from "../../src/publish/ingestion.ts";
import { Outbox } from "../../src/publish/outbox.ts";
import { deliver, deliveryError } from "../../src/publish/publish.ts";
import { type RunRows, resultRows } from "../../src/publish/rows.ts";
import { Dice } from "../../src/simulate/dice.ts";
import { RESULT_TABLES, type ResultTableName } from "../../src/tables/results.ts";
import { contoso, crowded } from "../outputs/fixtures.ts";
import { type Fault, type IngestionServer, ingestionServer, RULE, TOKEN } from "./ingestion-server.ts";

const RUNS = process.env.ZTLENS_LONG ? 1000 : 30;
const START = 638_700_000_000_000_000n;

const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }) };

let server: IngestionServer;
let state: string;
beforeAll(async () => {
  server = await ingestionServer(RESULT_TABLES.map(({ name }) => streamOf(name)));
});
afterAll(() => server.close());
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "ztlens-outbox-"));
  for (const rows of server.rows.values()) rows.splice(0);
  server.fault = () => undefined;
  server.granted = true;
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const ingestion = (
  options: { signal?: AbortSignal; ruleId?: string; attempts?: number; timeout?: number } = {},
): Ingestion =>
  new Ingestion({
    endpoint: server.endpoint,
    ruleId: options.ruleId ?? RULE,
    credential,
    client: { tlsOptions: { ca: server.certificate } },
    retry: { attempts: options.attempts ?? 3, first: 1, timeout: options.timeout ?? 20_000 },
    ...(options.signal && { signal: options.signal }),
  });

const small: Assessment = {
  ...contoso,
  pillars: contoso.pillars.map((pillar) => ({
    ...pillar,
    criteria: pillar.criteria.map((criterion) => ({ ...criterion, offenders: criterion.offenders.slice(0, 1) })),
  })),
};

/** The rows of the run of one hour; every 20th has more offenders than one request holds. */
function hourly(hour: number): RunRows {
  const assessment = hour % 20 === 7 ? crowded(3000) : small;
  const end = START + BigInt(hour) * TICKS_PER_HOUR;
  const window = { start: formatDatetime(end - 720n * TICKS_PER_HOUR), end: formatDatetime(end) };
  const changed = { ...assessment, asOf: window.end, window };
  return resultRows(changed, { scope: "hq", runTime: formatDatetime(end + TICKS_PER_HOUR) });
}

const taken = (table: ResultTableName): readonly Record<string, unknown>[] => server.rows.get(streamOf(table)) ?? [];
const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]): unknown[] => rows.map(({ ResultId }) => ResultId);

describe("chunks", () => {
  test("hold every row once, in order, below the limit", () => {
    const rows = Array.from({ length: 200_000 }, (_, n) => ({ n }));
    const chunks = chunksOf(rows);
    expect(chunks.length).toBeGreaterThan(2);
    expect(Math.max(...chunks.map((chunk) => Buffer.byteLength(chunk)))).toBeLessThanOrEqual(CHUNK_LIMIT);
    expect(chunks.flatMap((chunk) => JSON.parse(chunk) as object[])).toEqual(rows);
    expect(chunksOf([])).toEqual([]);
    expect(chunksOf([{ n: "x".repeat(50) }, { n: 1 }], 20)).toHaveLength(2);
  });
});

describe("a run", () => {
  test("is sent whole, its own row last", async () => {
    const outbox = new Outbox(state);
    const rows = hourly(7);
    outbox.add(rows);
    outbox.add(rows);
    const delivery = await deliver(outbox, ingestion());
    expect(delivery).toMatchObject({
      runs: 1,
      waiting: 0,
      rows: RESULT_TABLES.reduce((sum, { name }) => sum + rows[name].length, 0),
    });
    for (const { name } of RESULT_TABLES) expect(taken(name)).toEqual(rows[name] as readonly object[]);
    expect([...server.rows.keys()].at(-1)).toBe("Custom-ZtRun_CL");
    expect(server.largest).toBeLessThanOrEqual(CHUNK_LIMIT);
    expect(readdirSync(join(state, "outbox"))).toEqual([]);
  });

  test("waits without access, and says which role is missing", async () => {
    const outbox = new Outbox(state);
    outbox.add(hourly(0));
    server.granted = false;
    const refused = deliveryError(await deliver(outbox, ingestion()));
    expect(refused).toMatchObject({ name: "UnauthorizedError", exitCode: 4 });
    expect(refused?.message).toContain("Monitoring Metrics Publisher");
    expect(outbox.waiting()).toHaveLength(1);
    server.granted = true;
    expect(await deliver(outbox, ingestion())).toMatchObject({ runs: 1, waiting: 0 });
  });

  test("that is refused does not hold up the others", async () => {
    const outbox = new Outbox(state);
    outbox.add(hourly(0));
    const [first] = outbox.waiting();
    renameSync(first?.chunks[0]?.file ?? "", join(first?.folder ?? "", "00000-ZtOther_CL.json"));
    outbox.add(hourly(1));
    const delivery = await deliver(outbox, ingestion());
    expect(delivery).toMatchObject({ runs: 1, waiting: 1, failure: { kind: "refused" } });
    expect(delivery.failure?.message).toContain("Custom-ZtOther_CL was not found");
    expect(deliveryError(delivery)).toMatchObject({ exitCode: 3 });
  });

  test("of a rule that is not there waits", async () => {
    const outbox = new Outbox(state);
    outbox.add(hourly(0));
    const delivery = await deliver(outbox, ingestion({ ruleId: "dcr-of-nobody" }));
    expect(delivery).toMatchObject({ runs: 0, waiting: 1, failure: { kind: "refused" } });
    expect(delivery.failure?.message).toContain(
      "HTTP 404: Data collection rule with immutable Id 'dcr-of-nobody' not found.",
    );
  });

  test("does not wait longer than a run may for a service that asks for an hour", async () => {
    const outbox = new Outbox(state);
    outbox.add(hourly(0));
    server.fault = () => "503";
    const began = performance.now();
    expect(await deliver(outbox, ingestion())).toMatchObject({
      failure: { kind: "later", message: expect.stringContaining("503") },
    });
    expect(performance.now() - began).toBeLessThan(5000);
    expect(server.statuses.slice(-3)).toEqual([503, 503, 503]);
  });

  test("does not wait for a service that never answers", async () => {
    const outbox = new Outbox(state);
    outbox.add(hourly(0));
    server.fault = () => "silent";
    const impatient = ingestion({ attempts: 2, timeout: 500 });
    expect(await deliver(outbox, impatient)).toMatchObject({
      waiting: 1,
      failure: { kind: "later", message: "The service did not answer within 0.5 s." },
    });
  });

  test("that is aborted ends at once, and the next one sends the rest", async () => {
    const outbox = new Outbox(state);
    const rows = hourly(7);
    outbox.add(rows);
    const controller = new AbortController();
    let requests = 0;
    server.fault = () => {
      if (++requests === 3) controller.abort();
      return "slow";
    };
    await expect(deliver(outbox, ingestion({ signal: controller.signal }))).rejects.toThrow();
    expect(outbox.waiting()).toHaveLength(1);
    expect(taken("ZtRun_CL")).toEqual([]);
    expect(await deliver(outbox, ingestion())).toMatchObject({ waiting: 0 });
    for (const { name } of RESULT_TABLES) expect(new Set(idsOf(taken(name)))).toEqual(new Set(idsOf(rows[name])));
  });
});

test(`${RUNS} runs under faults arrive, each finding is shown once, and nothing waits`, async () => {
  const dice = Dice.of(20_261_128, "faults");
  const faults: readonly Fault[] = ["429", "429-date", "500", "502-html", "503", "reset", "lost", "slow"];
  let outage = 0;
  server.fault = () => {
    if (outage > 0) return outage-- % 2 ? "503" : "reset";
    if (dice.chance(0.004)) outage = 12;
    return dice.chance(0.3) ? dice.pick(faults) : undefined;
  };
  const sent: RunRows[] = [];
  let failed = 0;
  for (let hour = 0; hour < RUNS; hour++) {
    const rows = hourly(hour);
    sent.push(rows);
    const outbox = new Outbox(state);
    outbox.add(rows);
    // A process that is killed in the middle of a request.
    const signal = dice.chance(0.05) ? AbortSignal.timeout(dice.int(1, 12)) : undefined;
    const delivery = await deliver(outbox, ingestion(signal && { signal })).catch(() => undefined);
    if (!delivery || delivery.waiting > 0) failed += 1;
  }
  server.fault = () => undefined;
  expect(await deliver(new Outbox(state), ingestion())).toMatchObject({ waiting: 0 });
  expect(readdirSync(join(state, "outbox"))).toEqual([]);
  expect(failed).toBeGreaterThan(0);
  expect(server.largest).toBeLessThanOrEqual(1_048_576);
  expect(server.statuses.includes(413)).toBe(false);

  const folder = join(state, "received");
  for (const { name } of RESULT_TABLES)
    writeFileSync(
      `${folder}-${name}.ndjson`,
      taken(name)
        .map((row) => `${jsonLine({ Type: name, ...row })}\n`)
        .join(""),
    );
  const backend = await EmbeddedBackend.open({ paths: RESULT_TABLES.map(({ name }) => `${folder}-${name}.ndjson`) });
  try {
    let repeated = 0;
    const views = {
      ZtRun_CL: "ZtRuns",
      ZtSignal_CL: "ZtStages",
      ZtCriterion_CL: "ZtCriteria",
      ZtOffender_CL: "ZtOffenders",
    } as const;
    for (const [table, view] of Object.entries(views) as [keyof typeof views, string][]) {
      const { rows } = await backend.query(withFunctions(`${view}() | project ResultId`));
      const shown = rows.map(([id]) => String(id)).sort();
      expect(shown).toEqual(sent.flatMap((run) => idsOf(run[table]).map(String)).sort());
      repeated += taken(table).length - shown.length;
    }
    expect(repeated).toBeGreaterThan(0);
    const { rows } = await backend.query(withFunctions("ZtAnomalies() | project AnomalyId"));
    expect(rows.map(([id]) => String(id)).sort()).toEqual([...new Set(contoso.anomalies.map(({ id }) => id))].sort());
  } finally {
    await backend.close();
  }
}, 1_800_000);
