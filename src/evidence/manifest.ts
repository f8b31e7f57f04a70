import { z } from "zod";
import type { InputReport } from "../core/assessment.ts";
import { type FileDigest, sha256 } from "./digest.ts";
import { canonical } from "./exact.ts";

export const MANIFEST_FILE = "manifest.json";
export const ENVELOPE_FILE = "manifest.dsse.json";
export const ASSESSMENT_FILE = "assessment.json";
export const MANIFEST_VERSION = 1;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();
const fileDigest = z.strictObject({ sha256: hex, size: count });

/** `path` is relative to the bundle, with `/`. */
const bundleFile = z.strictObject({ path: z.string(), ...fileDigest.shape });

/** `root` is the Merkle root over blocks of rows, hex. */
const rowsFile = z.strictObject({ path: z.string(), criterion: z.string(), rows: count, root: hex });

/** `digest` is null where the input was no file that could be digested, such as a workspace. */
const manifestInputSchema = z.strictObject({
  file: z.string(),
  shape: z.string(),
  table: z.string().nullable(),
  read: count,
  accepted: count,
  quarantined: count,
  skipped: count,
  digest: fileDigest.nullable(),
});

/**
 * What a bundle says about itself, written in the canonical form of RFC 8785. `result` is the digest of what was
 * found: the same records, queries and tool version give the same one, wherever the files lie. `previous` is the digest of the manifest of
 * the bundle before this one, null for the first. `digest` is that of the manifest's canonical form without this member:
 * damage to an unsigned manifest shows; forgery shows only where the bundle is signed.
 */
export const manifestSchema = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  asOf: z.string(),
  window: z.strictObject({ start: z.string(), end: z.string() }),
  result: hex,
  files: z.array(bundleFile),
  rows: z.array(rowsFile),
  inputs: z.array(manifestInputSchema),
  previous: hex.nullable(),
  digest: hex,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Adds the digest over everything else. */
export const sealed = (manifest: Omit<Manifest, "digest">): Manifest => ({
  ...manifest,
  digest: sha256(canonical(manifest)),
});

export function isSealed({ digest, ...rest }: Manifest): boolean {
  return digest === sha256(canonical(rest));
}

export type BundleFile = z.infer<typeof bundleFile>;
export type RowsFile = z.infer<typeof rowsFile>;
export type ManifestInput = z.infer<typeof manifestInputSchema>;

export const manifestInput = (input: InputReport, digest: FileDigest | null): ManifestInput => ({
  file: input.file,
  shape: input.shape,
  table: input.table,
  read: input.read,
  accepted: input.accepted,
  quarantined: input.quarantined,
  skipped: input.skipped,
  digest,
});
