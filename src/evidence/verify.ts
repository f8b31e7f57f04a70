import type { KeyObject } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Assessment } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import { type FileDigest, sha256 } from "./digest.ts";
import { isWhole, openEnvelope, readEnvelope } from "./dsse.ts";
import { canonical, isRearranged, parseExact } from "./exact.ts";
import { ASSESSMENT_FILE, ENVELOPE_FILE, isSealed, MANIFEST_FILE, type Manifest, manifestSchema } from "./manifest.ts";
import { blocksOf, merkleRoot } from "./merkle.ts";
import { redactAssessment } from "./redact.ts";
import { resultDigest } from "./result.ts";
import { PAYLOAD_TYPE, type Statement, statementOf } from "./statement.ts";

export const CHECKS = ["signature", "files", "digests", "rows", "counts", "time", "chain", "rerun"] as const;
export type CheckName = (typeof CHECKS)[number];

/** `not_checked` says why: integrity and trust are separate, and nothing counts as passed that was not looked at. */
export interface Check {
  readonly name: CheckName;
  readonly status: "pass" | "fail" | "not_checked";
  readonly detail: string;
}

export interface Rerun {
  readonly assessment: Assessment;
  readonly inputs: ReadonlyMap<string, FileDigest>;
}

export interface VerifyOptions {
  /** Ed25519 public keys that are trusted. */
  readonly trusted?: readonly KeyObject[];
  /** Digest of the manifest of the bundle before this one, where it is known. */
  readonly previous?: string;
  /** The present: a bundle from later is refused. ISO 8601 UTC. */
  readonly now?: string;
  /** Assesses the inputs again as of the bundle's time, and digests them. */
  readonly rerun?: (manifest: Manifest) => Promise<Rerun>;
}

type Verdict = readonly [status: Check["status"], detail: string];
const pass = (detail: string): Verdict => ["pass", detail];
const fail = (detail: string): Verdict => ["fail", detail];
const skipped = (detail: string): Verdict => ["not_checked", detail];

/** Checks a bundle; one result per entry of `CHECKS`, in order. Throws `UsageError` where there is no readable manifest. */
export async function verifyBundle(directory: string, options: VerifyOptions = {}): Promise<Check[]> {
  const manifest = readManifest(directory);
  const found = listFiles(directory);
  const verdicts: Readonly<Record<CheckName, Verdict>> = {
    signature: checkSignature(directory, manifest, options.trusted ?? []),
    files: checkFiles(manifest, found),
    digests: checkDigests(directory, manifest, found),
    rows: checkRows(directory, manifest, found),
    counts: checkCounts(manifest),
    time: checkTime(manifest, options.now),
    chain: checkChain(manifest, options.previous),
    rerun: await checkRerun(manifest, options.rerun),
  };
  return CHECKS.map((name) => ({ name, status: verdicts[name][0], detail: verdicts[name][1] }));
}

/** The manifest, by its meaning: the order of its keys does not matter, a key that is there twice does. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE);
  if (!existsSync(path)) throw new UsageError(`${directory} is no evidence bundle: it has no ${MANIFEST_FILE}.`);
  const manifest = manifestSchema.safeParse(parseExact(readFileSync(path, "utf8"), MANIFEST_FILE));
  if (manifest.success) return manifest.data;
  const [issue] = manifest.error.issues;
  throw new UsageError(`${MANIFEST_FILE} is not a manifest: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}.`);
}

/** Files by their path in the bundle. Links are listed and never followed. */
function listFiles(directory: string): Map<string, "file" | "other"> {
  const found = new Map<string, "file" | "other">();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/");
    found.set(path, entry.isFile() ? "file" : "other");
  }
  return found;
}

function checkSignature(directory: string, manifest: Manifest, trusted: readonly KeyObject[]): Verdict {
  const path = join(directory, ENVELOPE_FILE);
  if (!existsSync(path) || !lstatSync(path).isFile()) {
    return trusted.length > 0 ? fail("The bundle is not signed.") : skipped("The bundle is not signed.");
  }
  if (trusted.length === 0) return skipped("Signed, but no trusted key was given.");
  try {
    const envelope = readEnvelope(readFileSync(path, "utf8"), ENVELOPE_FILE);
    if (envelope.payloadType !== PAYLOAD_TYPE) return fail("The envelope holds something else than a statement.");
    const { body, signers } = openEnvelope(envelope, trusted);
    if (signers.length === 0) return fail("No trusted key has signed these bytes.");
    const statement = parseExact(body.toString("utf8"), "the statement") as Statement;
    const named = statement.subject.some(
      ({ name, digest }) => name === MANIFEST_FILE && digest.sha256 === sha256(canonical(manifest)),
    );
    return named
      ? pass(`${signers.length} trusted ${signers.length === 1 ? "key has" : "keys have"} signed this manifest.`)
      : fail("The signature is for another manifest.");
  } catch (error) {
    return fail(error instanceof UsageError ? error.message : "The envelope cannot be read.");
  }
}

function checkFiles(manifest: Manifest, found: ReadonlyMap<string, string>): Verdict {
  const own = new Set([MANIFEST_FILE, ENVELOPE_FILE]);
  const listed = new Set(manifest.files.map(({ path }) => path));
  const missing = [...listed].filter((path) => !found.has(path));
  const extra = [...found.keys()].filter((path) => !listed.has(path) && !own.has(path));
  const strange = [...found].filter(([, kind]) => kind !== "file").map(([path]) => path);
  const problems = [
    ...(listed.size < manifest.files.length ? ["a file is listed twice"] : []),
    ...(missing.length > 0 ? [`missing: ${missing.join(", ")}`] : []),
    ...(extra.length > 0 ? [`not listed: ${extra.join(", ")}`] : []),
    ...(strange.length > 0 ? [`no regular file: ${strange.join(", ")}`] : []),
  ];
  return problems.length > 0 ? fail(problems.join("; ")) : pass(`${listed.size} files, none missing, none extra.`);
}

/** Only paths that the listing of the folder found are opened: a manifest cannot point outside the bundle. */
const readFound = (directory: string, path: string, found: ReadonlyMap<string, string>): Buffer | undefined =>
  found.get(path) === "file" ? readFileSync(join(directory, path)) : undefined;

function checkDigests(directory: string, manifest: Manifest, found: ReadonlyMap<string, string>): Verdict {
  const changed = manifest.files
    .filter(({ path, sha256: digest, size }) => {
      const bytes = readFound(directory, path, found);
      return bytes === undefined || bytes.length !== size || sha256(bytes) !== digest;
    })
    .map(({ path }) => path);
  const intact = !changed.includes(ASSESSMENT_FILE);
  const assessment = intact ? readAssessment(directory, found) : undefined;
  if (!isManifestWhole(directory, manifest)) changed.push(MANIFEST_FILE);
  if (assessment && !isEnvelopeWhole(directory, manifest, assessment, found)) changed.push(ENVELOPE_FILE);
  if (changed.length > 0) return fail(`changed: ${changed.join(", ")}`);
  return assessment && resultDigest(assessment) === manifest.result
    ? pass("Digest and size of every file agree.")
    : fail("The result is not that of the bundle's assessment.");
}

function readAssessment(directory: string, found: ReadonlyMap<string, string>): Assessment | undefined {
  const text = readFound(directory, ASSESSMENT_FILE, found)?.toString("utf8");
  return text === undefined ? undefined : (parseExact(text, ASSESSMENT_FILE) as Assessment);
}

function isManifestWhole(directory: string, manifest: Manifest): boolean {
  const bytes = readFileSync(join(directory, MANIFEST_FILE));
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) && isRearranged(text, manifest) && isSealed(manifest);
}

/** What is signed follows from the bundle: it is written again and compared. A bundle without an envelope is whole. */
function isEnvelopeWhole(
  directory: string,
  manifest: Manifest,
  assessment: Assessment,
  found: ReadonlyMap<string, string>,
): boolean {
  const bytes = readFound(directory, ENVELOPE_FILE, found);
  if (!bytes) return true;
  const text = bytes.toString("utf8");
  try {
    const envelope = readEnvelope(text, ENVELOPE_FILE);
    const statement = canonical(statementOf(assessment, sha256(canonical(manifest))));
    return envelope.payloadType === PAYLOAD_TYPE && isRearranged(text, envelope) && isWhole(envelope, statement);
  } catch {
    return false;
  }
}

function checkRows(directory: string, manifest: Manifest, found: ReadonlyMap<string, string>): Verdict {
  const wrong = manifest.rows.filter(({ path, rows, root }) => {
    const lines = readFound(directory, path, found)?.toString("utf8").split("\n").slice(0, -1);
    return lines === undefined || lines.length !== rows || merkleRoot(blocksOf(lines)) !== root;
  });
  return wrong.length > 0
    ? fail(`rows changed: ${wrong.map(({ path }) => path).join(", ")}`)
    : pass("Row counts and Merkle roots agree.");
}

function checkCounts({ inputs }: Manifest): Verdict {
  const wrong = inputs.filter(
    ({ read, accepted, quarantined, skipped: left }) => read !== accepted + quarantined + left,
  );
  return wrong.length > 0
    ? fail(`read ≠ accepted + quarantined + skipped: ${wrong.map(({ file }) => file).join(", ")}`)
    : pass("read = accepted + quarantined + skipped for every input.");
}

function checkTime({ asOf, window }: Manifest, now: string | undefined): Verdict {
  if (!(Date.parse(window.start) < Date.parse(window.end))) return fail("The window ends before it starts.");
  if (now === undefined) return skipped("No present time was given.");
  return Date.parse(asOf) <= Date.parse(now)
    ? pass("The bundle is not from the future.")
    : fail(`The bundle is as of ${asOf}, which has not come yet.`);
}

function checkChain({ previous }: Manifest, expected: string | undefined): Verdict {
  if (expected === undefined)
    return skipped(previous === null ? "First of its chain." : `Follows ${previous}, which was not given.`);
  return previous === expected
    ? pass("Follows the bundle that was given.")
    : fail("Follows another bundle than the one that was given.");
}

const digestsOf = (inputs: Iterable<FileDigest | null>): string =>
  [...inputs]
    .flatMap((digest) => digest?.sha256 ?? [])
    .sort()
    .join();

async function checkRerun(manifest: Manifest, rerun: VerifyOptions["rerun"]): Promise<Verdict> {
  if (!rerun) return skipped("The inputs were not given.");
  const { assessment, inputs } = await rerun(manifest);
  const recorded = manifest.inputs.map(({ digest }) => digest);
  if (digestsOf(recorded) !== digestsOf(inputs.values())) return fail("The inputs are not those of the bundle.");
  return resultDigest(redactAssessment(assessment)) === manifest.result
    ? pass("The same inputs gave the same result again.")
    : fail("The same inputs gave another result.");
}
