import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { lines, reconciled } from "./support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ztlens-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const row = (i: number, more: object = {}) => ({
  TimeGenerated: new Date(1_700_000_000_000 + i).toISOString(),
  Computer: `pc${i}`,
  Type: "Heartbeat",
  _ItemId: `i${i}`,
  ...more,
});
const rows = (from: number, to: number): string => lines(...Array.from({ length: to - from }, (_, i) => row(from + i)));

const csvRows = (from: number): string =>
  Array.from({ length: 100 }, (_, i) => `"1/1/2024, 1:00:00.000 AM",pc${from + i},i${from + i}\n`).join("");

async function run(kql: string): Promise<{ answer: unknown; read: number; accepted: number }> {
  const backend = await EmbeddedBackend.open({
    paths: [join(folder, "in")],
    store: join(folder, "in/s.duckdb"),
  });
  try {
    const inputs = backend.inputs();
    expect(reconciled(inputs)).toBe(true);
    const sum = (part: "read" | "accepted"): number => inputs.reduce((total, input) => total + input[part], 0);
    return { answer: (await backend.query(kql)).rows, read: sum("read"), accepted: sum("accepted") };
  } finally {
    await backend.close();
  }
}

const put = (name: string, content: string): void => writeFileSync(join(folder, "in", name), content);

describe("a store", () => {
  beforeEach(() => mkdirSync(join(folder, "in")));

  test("keeps rows, types and reports; new files are added, new columns too", async () => {
    put("1.json", rows(0, 10));
    expect(await run("Heartbeat | count")).toEqual({ answer: [[10]], read: 10, accepted: 10 });
    expect(await run("Heartbeat | count")).toEqual({ answer: [[10]], read: 10, accepted: 10 });
    put("2.json", lines(row(10, { Extra: 5 }), row(3)));
    expect(await run("Heartbeat | summarize count(), max(TimeGenerated), sum(Extra)")).toEqual({
      answer: [[11, "2023-11-14T22:13:20.0100000Z", 5]],
      read: 12,
      accepted: 11,
    });
    expect(await run("Heartbeat | where isnotempty(Computer) | summarize count(), sum(Extra)")).toMatchObject({
      answer: [[11, 5]],
    });
  });

  test("reads a changed file again, in place of what it held before", async () => {
    put("1.json", rows(0, 10));
    await run("Heartbeat | count");
    put("1.json", rows(0, 15));
    utimesSync(join(folder, "in/1.json"), 1, 1);
    expect(await run("Heartbeat | count")).toEqual({ answer: [[15]], read: 15, accepted: 15 });
  });

  test.each([
    ["x.json", "", (i: number) => rows(i, i + 100)],
    ["x.csv", "\uFEFFTimeGenerated [UTC],Computer,_ItemId\n", csvRows],
  ])("reads only what %s grew by, and all of it where its beginning has changed", async (name, header, part) => {
    put(name, header + part(0));
    const read = async () => {
      const backend = await EmbeddedBackend.open({
        paths: [join(folder, "in")],
        store: join(folder, "in/s.duckdb"),
        assumeTable: "Heartbeat",
      });
      try {
        const { rows: answer } = await backend.query("Heartbeat | summarize count(), dcount(Computer, 4)");
        return { answer: answer[0], parts: backend.inputs().map((input) => [input.read, input.quarantined]) };
      } finally {
        await backend.close();
      }
    };
    expect(await read()).toEqual({ answer: [100, 100], parts: [[100, 0]] });
    appendFileSync(join(folder, "in", name), `${part(100)}broken,"\n`);
    expect(await read()).toEqual({
      answer: [200, 200],
      parts: [
        [100, 0],
        [101, 1],
      ],
    });
    put(name, header + part(500));
    expect(await read()).toEqual({ answer: [100, 100], parts: [[100, 0]] });
    appendFileSync(join(folder, "in", name), part(600).slice(0, -1));
    expect(await read()).toEqual({
      answer: [200, 200],
      parts: [
        [100, 0],
        [100, 0],
      ],
    });
    appendFileSync(join(folder, "in", name), `\n${part(700)}`);
    expect(await read()).toEqual({ answer: [300, 300], parts: [[300, 0]] });
  });

  test("what is wrong in a later part is told by its byte in the file", async () => {
    put("x.json", rows(0, 100));
    await run("print 1");
    const size = Buffer.byteLength(rows(0, 100));
    appendFileSync(join(folder, "in/x.json"), `${rows(100, 101)}broken\n`);
    const backend = await EmbeddedBackend.open({ paths: [join(folder, "in")], store: join(folder, "in/s.duckdb") });
    expect(backend.inputs()[1]?.problems).toMatchObject([
      { offset: size + Buffer.byteLength(rows(100, 101)), code: "bad-json" },
    ]);
    await backend.close();
  });

  test("refuses a file that is no store", async () => {
    put("1.json", rows(0, 1));
    put("s.duckdb", "no database");
    await expect(run("print 1")).rejects.toThrow("cannot be opened");
  });

  test("a run that is killed at any moment leaves a store that the next run completes, as if nothing had been", async () => {
    for (let i = 0; i < 5; i++) put(`${i}.json`, rows(i * 2_000, (i + 1) * 2_000 + 50));
    const whole = await contentOf("whole.duckdb");
    const store = join(folder, "s.duckdb");
    const script = `import { EmbeddedBackend } from ${JSON.stringify(new URL("../../../src/backends/embedded/backend.ts", import.meta.url).href)};
      const b = await EmbeddedBackend.open({ paths: [${JSON.stringify(join(folder, "in"))}], store: ${JSON.stringify(store)} }); await b.close();`;
    const started = performance.now();
    await once(spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" }), "exit");
    const usual = performance.now() - started;
    for (let kills = 0, seed = 1; kills < KILLS; ) {
      if (kills % 3 === 0) for (const name of ["s.duckdb", "s.duckdb.wal"]) rmSync(join(folder, name), { force: true });
      seed = (seed * 16_807) % 2_147_483_647;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
      const exit = once(child, "exit");
      await Promise.race([exit, sleep((seed / 2_147_483_647) * usual * 1.1)]);
      child.kill("SIGKILL");
      await exit;
      if (child.signalCode === "SIGKILL") kills++;
      else rmSync(store, { force: true });
    }
    expect(await contentOf("s.duckdb")).toEqual(whole);
  }, 3_600_000);
});

const KILLS = process.env.ZTLENS_LONG === undefined ? 4 : 200;

/** Every row and every report of a store after a run that was left alone. */
async function contentOf(store: string): Promise<unknown> {
  const backend = await EmbeddedBackend.open({ paths: [join(folder, "in")], store: join(folder, store) });
  try {
    const { rows: all } = await backend.query(
      "Heartbeat | project TimeGenerated, Computer, Type, _ItemId | sort by _ItemId asc",
    );
    return { all, inputs: backend.inputs() };
  } finally {
    await backend.close();
  }
}
