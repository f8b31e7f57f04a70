import { generateKeyPairSync } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { UsageError } from "../../src/core/errors.ts";
import { bundleFiles, writeBundle } from "../../src/evidence/bundle.ts";
import { digestFile, digestInputs, sha256 } from "../../src/evidence/digest.ts";
import { canonical } from "../../src/evidence/exact.ts";
import { ENVELOPE_FILE, MANIFEST_FILE } from "../../src/evidence/manifest.ts";
import { resultDigest } from "../../src/evidence/result.ts";
import { CHECKS, type Check, type VerifyOptions, verifyBundle } from "../../src/evidence/verify.ts";
import { HOSTILE } from "../hostile/corpus.ts";
import { contoso, crowded, emptyTenant, poisoned } from "../outputs/fixtures.ts";

const root = mkdtempSync(join(tmpdir(), "ztlens-evidence-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const key = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const trusted: VerifyOptions = { trusted: [key.publicKey], now: "2026-11-21T00:00:00Z" };

let serial = 0;
function bundle(assessment: Assessment, signed = true): string {
  const directory = join(root, `bundle-${++serial}`);
  writeBundle(directory, assessment, signed ? { keys: [key.privateKey] } : {});
  return directory;
}

const statuses = (checks: readonly Check[]): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, status }) => [name, status]));

/** The names of the failed checks, or the message of the refusal. */
async function failures(directory: string, options: VerifyOptions = trusted): Promise<string[]> {
  try {
    return (await verifyBundle(directory, options)).filter(({ status }) => status === "fail").map(({ name }) => name);
  } catch (error) {
    if (error instanceof UsageError) return [`refused: ${error.message}`];
    throw error;
  }
}

/** What the failed checks say, or the refusal. */
async function complaints(directory: string, options: VerifyOptions): Promise<string> {
  try {
    const checks = await verifyBundle(directory, options);
    return checks.flatMap(({ status, detail }) => (status === "fail" ? [detail] : [])).join("; ");
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

test("a bundle has every query as run: of the criteria, of their offenders, of the events", () => {
  const query = "SigninLogs\n| where ResultType != '0' // password=hunter2secret";
  const queryDigest = sha256(query);
  const asked = [
    { kind: "offenders", id: "ID-01", query, queryDigest },
    { kind: "signal", id: "entra-sign-ins", query: "SigninLogs", queryDigest: sha256("SigninLogs") },
  ] as const;
  const files = bundleFiles({ ...contoso, queries: asked });
  for (const one of [...asked, ...contoso.pillars.flatMap(({ criteria }) => criteria)])
    expect(files.get(`queries/${one.queryDigest}.kql`)).toBe(one.query);
  expect(JSON.parse(files.get("assessment.json") ?? "").queries).toEqual(asked);
});

describe("a bundle", () => {
  test.each([
    ["contoso", contoso],
    ["an empty tenant", emptyTenant],
    ["hostile text", poisoned(HOSTILE)],
    ["2,500 offenders", crowded(2_500)],
  ])("of %s verifies", async (_name, assessment) => {
    const directory = bundle(assessment);
    const checks = await verifyBundle(directory, {
      ...trusted,
      rerun: async () => ({ assessment, inputs: new Map() }),
    });
    expect(checks.map(({ name }) => name)).toEqual([...CHECKS]);
    expect(statuses(checks)).toEqual({
      signature: "pass",
      files: "pass",
      digests: "pass",
      rows: "pass",
      counts: "pass",
      time: "pass",
      chain: "not_checked",
      rerun: "pass",
    });
  });

  test("is the same bytes for the same assessment", () =>
    expect(bundleFiles(contoso)).toEqual(bundleFiles(structuredClone(contoso))));

  test("writes nothing outside its folder, and no name from a log", () => {
    const directory = bundle(poisoned(HOSTILE));
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => /\./.test(name));
    for (const name of names)
      expect(name).toMatch(
        /^(manifest(\.dsse)?\.json|assessment\.json|queries[/\\][0-9a-f]{64}\.kql|rows[/\\]\d{4}\.ndjson)$/,
      );
  });

  test("is not written twice, and never over something else", () => {
    const directory = bundle(contoso);
    expect(writeBundle(directory, contoso, { keys: [key.privateKey] })).toMatch(/^[0-9a-f]{64}$/);
    expect(() => writeBundle(directory, emptyTenant)).toThrow(UsageError);
    expect(readdirSync(root).filter((name) => name.includes(".tmp-"))).toEqual([]);
  });

  test("unsigned or without a trusted key it says that nothing was checked", async () => {
    expect(statuses(await verifyBundle(bundle(contoso, false)))).toMatchObject({
      signature: "not_checked",
      digests: "pass",
      time: "not_checked",
      rerun: "not_checked",
    });
    expect(statuses(await verifyBundle(bundle(contoso)))).toMatchObject({ signature: "not_checked" });
    expect(await failures(bundle(contoso, false))).toEqual(["signature"]);
  });

  test("follows the bundle before it", async () => {
    const first = join(root, "chain-1");
    const second = join(root, "chain-2");
    const head = writeBundle(first, emptyTenant);
    writeBundle(second, contoso, { previous: head });
    expect(statuses(await verifyBundle(second, { previous: head })).chain).toBe("pass");
    expect(await failures(second, { previous: "0".repeat(64) })).toEqual(["chain"]);
  });

  test("has the same result wherever its inputs lie", async () => {
    const moved = {
      ...contoso,
      inputs: contoso.inputs.map((input) => ({ ...input, file: `/elsewhere/${input.file}` })),
    };
    const checks = await verifyBundle(bundle(contoso), {
      ...trusted,
      rerun: async () => ({ assessment: moved, inputs: new Map() }),
    });
    expect(statuses(checks)).toMatchObject({ rerun: "pass" });
  });

  test("has the same result whichever offenders the sample holds, and another where a count differs", () => {
    const changed = (change: object): Assessment => ({
      ...contoso,
      pillars: contoso.pillars.map((p) => ({ ...p, criteria: p.criteria.map((c) => ({ ...c, ...change })) })),
    });
    expect(resultDigest(changed({ offenders: [] }))).toBe(resultDigest(contoso));
    expect(resultDigest(changed({ numerator: 1 }))).not.toBe(resultDigest(contoso));
    expect(resultDigest({ ...contoso, anomalies: [] })).not.toBe(resultDigest(contoso));
  });

  test("carries the digests of its inputs", async () => {
    const file = join(root, "input.ndjson");
    writeFileSync(file, "abc");
    const digest = await digestFile(file);
    expect(digest).toEqual({ sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", size: 3 });
    const files = bundleFiles(contoso, { inputs: new Map([["apim.csv", digest]]) });
    expect(files.get(MANIFEST_FILE)).toContain(digest.sha256);
    const [sample] = contoso.inputs;
    const named = (name: string) => ({ ...sample, file: name }) as NonNullable<typeof sample>;
    expect(await digestInputs([named(file), named(root), named("not a file")])).toEqual(new Map([[file, digest]]));
  });
});

describe("a bundle that was changed", () => {
  const change: readonly (readonly [string, (directory: string) => void, readonly string[] | RegExp])[] = [
    ["a file removed", (d) => rmSync(join(d, "rows/0001.ndjson")), ["files", "digests", "rows"]],
    ["a file added", (d) => writeFileSync(join(d, "extra.txt"), ""), ["files"]],
    [
      "a file renamed",
      (d) => renameSync(join(d, "rows/0001.ndjson"), join(d, "rows/9999.ndjson")),
      ["files", "digests", "rows"],
    ],
    [
      "two files swapped",
      (d) => {
        renameSync(join(d, "rows/0001.ndjson"), join(d, "x"));
        renameSync(join(d, "rows/0002.ndjson"), join(d, "rows/0001.ndjson"));
        renameSync(join(d, "x"), join(d, "rows/0002.ndjson"));
      },
      ["digests", "rows"],
    ],
    [
      "a file replaced by a link",
      (d) => {
        cpSync(join(d, "rows/0001.ndjson"), join(root, "target.ndjson"));
        rmSync(join(d, "rows/0001.ndjson"));
        symlinkSync(join(root, "target.ndjson"), join(d, "rows/0001.ndjson"));
      },
      ["files", "digests", "rows"],
    ],
    [
      "the manifest of another bundle",
      (d) => cpSync(join(bundle(emptyTenant), MANIFEST_FILE), join(d, MANIFEST_FILE)),
      ["signature", "files", "digests"],
    ],
    [
      "the envelope of another bundle",
      (d) => cpSync(join(bundle(emptyTenant), ENVELOPE_FILE), join(d, ENVELOPE_FILE)),
      ["signature", "digests"],
    ],
    ["no envelope", (d) => rmSync(join(d, ENVELOPE_FILE)), ["signature"]],
    ["an envelope that is no envelope", (d) => writeFileSync(join(d, ENVELOPE_FILE), "{}"), ["signature", "digests"]],
    ["no manifest", (d) => rmSync(join(d, MANIFEST_FILE)), /no evidence bundle/],
    ["a key of the manifest twice", (d) => edit(d, (text) => text.replace("{", '{"asOf":"x",')), /twice/],
    [
      "a manifest of another version",
      (d) => edit(d, (text) => text.replace('"version":1,', '"version":2,')),
      /not a manifest/,
    ],
    [
      "a path that leaves the bundle",
      (d) => edit(d, (text) => text.replaceAll("rows/0001.ndjson", "../target.ndjson")),
      ["signature", "files", "digests", "rows"],
    ],
    [
      "counts that do not add up",
      (d) => edit(d, (text) => text.replace('"read":50120', '"read":50121')),
      ["signature", "digests", "counts"],
    ],
    [
      "a result of another assessment",
      (d) => edit(d, (text) => text.replace(/"result":"[0-9a-f]{64}"/, `"result":"${"0".repeat(64)}"`)),
      ["signature", "digests"],
    ],
  ];

  function edit(directory: string, how: (text: string) => string): void {
    const path = join(directory, MANIFEST_FILE);
    const before = readFileSync(path, "utf8");
    const after = how(before);
    expect(after).not.toBe(before);
    writeFileSync(path, after);
  }

  test.each(change)("%s", async (_name, how, expected) => {
    const directory = bundle(contoso);
    how(directory);
    const found = await failures(directory);
    if (expected instanceof RegExp) expect(found.join()).toMatch(expected);
    else expect(found).toEqual(expected);
  });

  test("keys of the manifest in another order mean the same", async () => {
    const directory = bundle(contoso);
    const path = join(directory, MANIFEST_FILE);
    const entries = Object.entries(JSON.parse(readFileSync(path, "utf8")) as object).reverse();
    writeFileSync(path, JSON.stringify(Object.fromEntries(entries), undefined, 2));
    expect(await failures(directory)).toEqual([]);
  });

  test("another key, another result, or a time to come", async () => {
    const directory = bundle(contoso);
    expect(await failures(directory, { trusted: [stranger.publicKey] })).toEqual(["signature"]);
    expect(
      await failures(directory, { ...trusted, rerun: async () => ({ assessment: emptyTenant, inputs: new Map() }) }),
    ).toEqual(["rerun"]);
    const inputs = new Map([["x", { sha256: "0".repeat(64), size: 1 }]]);
    expect(await failures(directory, { ...trusted, rerun: async () => ({ assessment: contoso, inputs }) })).toEqual([
      "rerun",
    ]);
    expect(await failures(directory, { ...trusted, now: "2026-11-19T00:00:00Z" })).toEqual(["time"]);
  });

  /** Every byte in the long run; the short one samples. */
  const stride = (short: number): number => (process.env.ZTLENS_LONG ? 1 : short);
  test.each([
    ["signed, without a trusted key", true, {}, stride(17)],
    ["signed", true, trusted, stride(41)],
    ["unsigned", false, {}, stride(41)],
  ] as const)("any byte of any file is named (%s)", async (_name, signed, options, step) => {
    const [pillar] = contoso.pillars;
    const criteria = pillar?.criteria.slice(0, 1).map((c) => ({ ...c, offenders: c.offenders.slice(0, 2) })) ?? [];
    const [input] = contoso.inputs;
    const small = {
      ...contoso,
      pillars: pillar ? [{ ...pillar, criteria }] : [],
      anomalies: [],
      inputs: input ? [{ ...input, file: "log\u001f\ufffd.json" }] : [],
    };
    const directory = bundle(small, signed);
    const files = bundleFiles(small, signed ? { keys: [key.privateKey] } : {});
    const missed: string[] = [];
    let flips = 0;
    for (const [path, text] of files) {
      const bytes = Buffer.from(text);
      for (let i = flips % step; i < bytes.length; i += step) {
        const changed = Buffer.from(bytes);
        changed[i] = (changed[i] ?? 0) ^ (1 << (flips % 8));
        writeFileSync(join(directory, path), changed);
        flips++;
        if (!(await complaints(directory, options)).includes(path)) missed.push(`${path}:${i}`);
      }
      writeFileSync(join(directory, path), bytes);
    }
    expect(missed).toEqual([]);
    expect(flips).toBeGreaterThan(2000 / step);
    expect(await failures(directory, options)).toEqual([]);
  });
});

test("a write that fails leaves nothing behind", () => {
  const directory = join(root, "occupied", "bundle");
  mkdirSync(dirname(directory), { recursive: true });
  const bad = {
    ...contoso,
    pillars: contoso.pillars.map((p) => ({ ...p, criteria: p.criteria.map((c) => ({ ...c, queryDigest: "../x" })) })),
  };
  expect(() => writeBundle(directory, bad)).toThrow(UsageError);
  expect(existsSync(directory)).toBe(false);
  expect(readdirSync(dirname(directory))).toEqual([]);
});

test("the canonical assessment does not depend on the order of keys", () =>
  expect(canonical(Object.fromEntries(Object.entries(contoso).reverse()))).toBe(canonical(contoso)));
