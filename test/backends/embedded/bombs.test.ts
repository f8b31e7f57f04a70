import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGzip, deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InputReport } from "../../../src/core/assessment.ts";

/** The sizes of the issue that a CI run can afford; all of them with ZTLENS_LONG. */
const SIZE = process.env.ZTLENS_LONG === undefined ? 96 << 20 : 1 << 30;
const MAX_EXTRA_MIB = 512;
const MIB = 1 << 20;

const folder = mkdtempSync(join(tmpdir(), "ztlens-bombs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = `${JSON.stringify({ TimeGenerated: "2024-01-01T00:00:00Z", Computer: "a", Type: "Heartbeat" })}\n`;
const SCRIPT = `import { EmbeddedBackend } from ${JSON.stringify(new URL("../../../src/backends/embedded/backend.ts", import.meta.url).href)};
const backend = await EmbeddedBackend.open({ paths: [process.argv[1]] });
console.log(JSON.stringify({ inputs: backend.inputs(), peak: process.resourceUsage().maxRSS / 1024 }));
await backend.close();`;

/** Loads a file in a process of its own. `peak` is its largest resident set, MiB. */
function load(file: string): { inputs: readonly InputReport[]; peak: number } {
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT, file], {
    encoding: "utf8",
    maxBuffer: 64 * MIB,
  });
  expect(child.stderr).toBe("");
  return JSON.parse(child.stdout) as { inputs: readonly InputReport[]; peak: number };
}

const path = (name: string): string => join(folder, name);

/** Blocks of one byte, `bytes` in all. */
function* blocks(bytes: number, fill: string): Generator<Buffer> {
  const block = Buffer.alloc(MIB, fill);
  for (let written = 0; written < bytes; written += MIB) yield block;
}

async function longLine(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write(`${GOOD}{"Computer":"`);
  for (const block of blocks(SIZE, "x")) if (!out.write(block)) await once(out, "drain");
  out.end(`"}\n${GOOD}`);
  await finished(out);
}

/** A ZIP archive of one deflated member. */
function zip(name: string, content: Buffer): Buffer {
  const [title, data] = [Buffer.from(name), deflateRawSync(content)];
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt16LE(title.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(content.length, 24);
  central.writeUInt16LE(title.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + title.length, 12);
  end.writeUInt32LE(30 + title.length + data.length, 16);
  return Buffer.concat([local, title, data, central, title, end]);
}

describe("input that is made to exhaust memory", () => {
  let usual = 0;
  beforeAll(() => {
    writeFileSync(path("good.json"), GOOD);
    usual = load(path("good.json")).peak;
  });

  const bounded = (peak: number): void => expect(peak - usual).toBeLessThan(MAX_EXTRA_MIB);

  test("a gzip bomb", async () => {
    await pipeline(Readable.from(blocks(SIZE, "\0")), createGzip(), createWriteStream(path("bomb.json.gz")));
    const { inputs, peak } = load(path("bomb.json.gz"));
    expect(inputs).toMatchObject([{ shape: "gzip", read: 0 }]);
    expect(inputs[0]?.reason).toContain("decompression bomb");
    bounded(peak);
  });

  test("one line without an end", async () => {
    await longLine(path("Heartbeat.ndjson"));
    const { inputs, peak } = load(path("Heartbeat.ndjson"));
    expect(inputs).toMatchObject([
      { read: 3, accepted: 2, quarantined: 1, problems: [{ position: 2, code: "record-too-long" }] },
    ]);
    bounded(peak);
  });

  test("100,000 columns, as JSON and as CSV", () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    writeFileSync(path("Usage.json"), `${GOOD}${JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])))}\n`);
    const json = load(path("Usage.json"));
    expect(json.inputs).toMatchObject([{ accepted: 1, quarantined: 1 }]);
    bounded(json.peak);
    writeFileSync(
      path("Usage.csv"),
      `TimeGenerated,${names.join(",")}\n2024-01-01T00:00:00Z,${names.map(() => "1").join(",")}\n`,
    );
    const csv = load(path("Usage.csv"));
    expect(csv.inputs[0]?.reason).toMatch(/left out/);
    bounded(csv.peak);
  });

  test("100,000 levels", () => {
    const deep = `{"TimeGenerated":"2024-01-01T00:00:00Z","Deep":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}\n`;
    writeFileSync(path("Heartbeat.json"), GOOD + deep);
    const { inputs, peak } = load(path("Heartbeat.json"));
    expect(inputs).toMatchObject([{ accepted: 1, quarantined: 1, problems: [{ code: "too-deep" }] }]);
    bounded(peak);
  });

  test("an archive whose member would lie outside, and one that is a bomb", () => {
    writeFileSync(path("escape.zip"), zip("../../../../../../tmp/ztlens-escaped/Heartbeat.json", Buffer.from(GOOD)));
    const { inputs, peak } = load(path("escape.zip"));
    expect(inputs).toMatchObject([{ accepted: 1, table: "Heartbeat" }]);
    expect(existsSync("/tmp/ztlens-escaped")).toBe(false);
    bounded(peak);
    writeFileSync(path("bomb.zip"), zip("Heartbeat.json", Buffer.alloc(64 * MIB)));
    const bomb = load(path("bomb.zip"));
    expect(bomb.inputs[0]?.reason).toContain("decompression bomb");
    bounded(bomb.peak);
  });
});
