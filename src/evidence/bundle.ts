import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Assessment, CriterionResult } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import { type FileDigest, sha256 } from "./digest.ts";
import { signEnvelope } from "./dsse.ts";
import { writeFolder } from "./durable.ts";
import { canonical } from "./exact.ts";
import {
  ASSESSMENT_FILE,
  type BundleFile,
  ENVELOPE_FILE,
  MANIFEST_FILE,
  MANIFEST_VERSION,
  manifestInput,
  type RowsFile,
  sealed,
} from "./manifest.ts";
import { blocksOf, merkleRoot } from "./merkle.ts";
import { redactAssessment } from "./redact.ts";
import { resultDigest } from "./result.ts";
import { PAYLOAD_TYPE, statementOf } from "./statement.ts";

export interface BundleOptions {
  /** Digests of the input files, by the name that the assessment gives them. */
  readonly inputs?: ReadonlyMap<string, FileDigest>;
  /** Ed25519 private keys that sign the bundle; without one it proves integrity among its files only. */
  readonly keys?: readonly KeyObject[];
  /** Digest of the manifest of the bundle before this one. */
  readonly previous?: string;
}

/** The files of a bundle, by path. The same assessment and options give the same bytes. */
export function bundleFiles(result: Assessment, options: BundleOptions = {}): Map<string, string> {
  const assessment = redactAssessment(result);
  const criteria = assessment.pillars.flatMap((pillar) => pillar.criteria);
  const files = new Map([[ASSESSMENT_FILE, canonical(assessment)]]);
  for (const { query, queryDigest } of [...criteria, ...(assessment.queries ?? [])])
    files.set(`queries/${safeDigest(queryDigest)}.kql`, query.toWellFormed());
  const rows = criteria.flatMap((criterion, i) => rowsFile(criterion, i, files));
  const listed = [...files].map(
    ([path, text]): BundleFile => ({ path, sha256: sha256(text), size: Buffer.byteLength(text) }),
  );
  const manifest = sealed({
    version: MANIFEST_VERSION,
    tool: assessment.tool,
    asOf: assessment.asOf,
    window: assessment.window,
    result: resultDigest(assessment),
    files: listed.sort((a, b) => (a.path < b.path ? -1 : 1)),
    rows,
    inputs: assessment.inputs.map((input, i) =>
      manifestInput(input, options.inputs?.get(result.inputs[i]?.file ?? "") ?? null),
    ),
    previous: options.previous ?? null,
  });
  const text = canonical(manifest);
  files.set(MANIFEST_FILE, text);
  if (options.keys && options.keys.length > 0) {
    const statement = canonical(statementOf(assessment, sha256(text)));
    files.set(ENVELOPE_FILE, canonical(signEnvelope(PAYLOAD_TYPE, Buffer.from(statement), options.keys)));
  }
  return files;
}

/** Offenders as NDJSON, one canonical row per line. File names hold nothing that a log or a pack has written. */
function rowsFile(criterion: CriterionResult, index: number, files: Map<string, string>): RowsFile[] {
  if (criterion.offenders.length === 0) return [];
  const lines = criterion.offenders.map(canonical);
  const path = `rows/${String(index + 1).padStart(4, "0")}.ndjson`;
  files.set(path, `${lines.join("\n")}\n`);
  return [{ path, criterion: criterion.id, rows: lines.length, root: merkleRoot(blocksOf(lines)) }];
}

function safeDigest(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new UsageError("A query digest of the result is not a sha256 in hex.");
  return digest;
}

/**
 * Writes a bundle so that it is there whole or not at all. Throws `UsageError` where `directory` already holds another
 * bundle; the same bundle is left as it is.
 */
export function writeBundle(directory: string, assessment: Assessment, options: BundleOptions = {}): string {
  const files = bundleFiles(assessment, options);
  const manifest = files.get(MANIFEST_FILE) ?? "";
  if (existsSync(directory)) {
    const path = join(directory, MANIFEST_FILE);
    if (existsSync(path) && readFileSync(path, "utf8") === manifest) return sha256(manifest);
    throw new UsageError(`${directory} already exists and holds something else; give --evidence a new folder.`);
  }
  writeFolder(directory, files);
  return sha256(manifest);
}
