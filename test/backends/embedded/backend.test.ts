import { describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { parseIsoDatetime } from "../../../src/core/ticks.ts";
import { lines, withLoaded } from "./support.ts";

async function withEmpty<T>(use: (backend: EmbeddedBackend) => Promise<T>): Promise<T> {
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}

test("what the database refuses of the rows is a diagnostic of the query", () =>
  withEmpty(async (backend) => {
    const tooMany = "range x from 1 to 10001 step 1 | scan declare (n:long) with (step s: true => n = abs(s.n) + 1;)";
    await expect(backend.query(tooMany)).rejects.toMatchObject({ exitCode: 2, diagnostics: [{ code: "KQL320" }] });
  }));

describe("rows added by hand", () => {
  test("are typed by the catalogue, to the last tick and the last digit", () =>
    withEmpty(async (backend) => {
      await backend.addRows("SigninLogs", [
        {
          TimeGenerated: "2024-01-01T00:00:00.1234567Z",
          ResultType: 0,
          DeviceDetail: { browser: "Edge" },
          DurationMs: 7,
          Extra: true,
        },
        {
          TimeGenerated: "0001-01-01T00:00:00Z",
          UserPrincipalName: "it's",
          CreatedDateTime: "9999-12-31T23:59:59.9999999Z",
        },
      ]);
      const { columns, rows } = await backend.query(
        "SigninLogs | sort by TimeGenerated asc | project TimeGenerated, CreatedDateTime, ResultType, tostring(DeviceDetail.browser), DurationMs, Extra, UserPrincipalName",
      );
      expect(columns.map(({ type }) => type)).toEqual([
        "datetime",
        "datetime",
        "string",
        "string",
        "long",
        "bool",
        "string",
      ]);
      expect(rows).toEqual([
        ["0001-01-01T00:00:00.0000000Z", "9999-12-31T23:59:59.9999999Z", "", "", null, null, "it's"],
        ["2024-01-01T00:00:00.1234567Z", null, "0", "Edge", 7, true, ""],
      ]);
    }));

  test("that do not fit are refused", () =>
    withEmpty(async (backend) => {
      await expect(backend.addRows("SigninLogs", [{ TimeGenerated: "soon" }])).rejects.toThrow("does not fit");
    }));

  test("may name columns as they like", () =>
    withEmpty(async (backend) => {
      const record = JSON.parse('{"__proto__":"p","constructor":"c","a b":1,"A B":2,"quo\\"te":3,"é":4}') as Record<
        string,
        number
      >;
      await backend.addRows("Odd_CL", [record]);
      const { rows } = await backend.query(
        `Odd_CL | project ['__proto__'], ['constructor'], ['a b'], ['A B'], ['quo"te'], ['é']`,
      );
      expect(rows).toEqual([["p", "c", 1, 2, 3, 4]]);
      expect(({} as Record<string, unknown>).p).toBeUndefined();
    }));
});

describe("the backend", () => {
  test("binds every documented column of a table, and tables without data", () =>
    withEmpty(async (backend) => {
      expect((await backend.query("SigninLogs | where RiskState == 'x' | count")).rows).toEqual([[0]]);
      await backend.addRows("SigninLogs", [{ TimeGenerated: "2024-01-01T00:00:00Z" }]);
      expect((await backend.query("SigninLogs | project AppDisplayName, IsInteractive, MfaDetail")).rows).toEqual([
        ["", null, null],
      ]);
    }));

  test("says which tables hold data and how new it is", () =>
    withEmpty(async (backend) => {
      await backend.addRows("Heartbeat", [
        { TimeGenerated: "2024-01-02T00:00:00Z" },
        { TimeGenerated: "2024-01-01T00:00:00Z" },
      ]);
      expect([...(await backend.tables())]).toEqual([
        [
          "Heartbeat",
          {
            rows: 2,
            oldest: parseIsoDatetime("2024-01-01T00:00:00Z"),
            newest: parseIsoDatetime("2024-01-02T00:00:00Z"),
            columns: new Set(["TimeGenerated"]),
          },
        ],
      ]);
    }));

  test("restricts tables to the time span and answers now() with the run's clock", () =>
    withEmpty(async (backend) => {
      const rows = ["01", "02", "03"].map((day) => ({ TimeGenerated: `2024-01-${day}T00:00:00Z`, Computer: day }));
      await backend.addRows("Heartbeat", rows);
      const tick = (text: string): bigint => parseIsoDatetime(text) ?? 0n;
      const timespan = { start: tick("2024-01-02"), end: tick("2024-01-03") };
      expect((await backend.query("Heartbeat | project Computer", { timespan })).rows).toEqual([["02"]]);
      const now = tick("2024-01-03T12:00:00Z");
      expect(
        (await backend.query("Heartbeat | where TimeGenerated > ago(1d) | project Computer", { now })).rows,
      ).toEqual([["03"]]);
    }));

  test("streams batches whose columns have one value per row", () =>
    withEmpty(async (backend) => {
      await backend.addRows(
        "Heartbeat",
        Array.from({ length: 5000 }, (_, i) => ({ TimeGenerated: "2024-01-01T00:00:00Z", Computer: `${i}` })),
      );
      let count = 0;
      for await (const batch of backend.stream("Heartbeat | project Computer")) {
        expect(batch.columns.get("Computer")).toHaveLength(batch.rowCount);
        count += batch.rowCount;
      }
      expect(count).toBe(5000);
    }));

  test("loads only the columns that are asked for, and the time", async () => {
    const files = {
      "Heartbeat.json": lines({ TimeGenerated: "2024-01-01T00:00:00Z", Computer: "a", OSType: "Linux" }),
    };
    const columns = new Map([["Heartbeat", new Set(["Computer"])]]);
    await withLoaded(
      files,
      async ({ rows }) => {
        expect(await rows("Heartbeat | project TimeGenerated, Computer, OSType")).toEqual([
          ["2024-01-01T00:00:00.0000000Z", "a", ""],
        ]);
      },
      { columns },
    );
  });

  test("reads no file and no network once the logs are loaded", async () => {
    await withLoaded(
      { "Heartbeat.json": lines({ TimeGenerated: "2024-01-01T00:00:00Z" }) },
      async ({ backend }, folder) => {
        const escapes = [
          "read_text('/etc/passwd')",
          `read_json('${folder}/Heartbeat.json')`,
          "glob('/*')",
          "duckdb_secrets(); DROP TABLE t0",
        ];
        for (const way of escapes)
          await expect(backend.query(`print x = 1 | where '${way}' == 1 | ${way}`)).rejects.toThrow();
        expect((await backend.query("Heartbeat | count")).rows).toEqual([[1]]);
      },
    );
  });
});
