import { readFileSync } from "node:fs";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";
import type { FileDigest } from "../../evidence/digest.ts";

/** The text of a key file. Throws `UsageError` where it cannot be read. */
export function readKey(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read the key ${file}.`, [], { cause });
  }
}

interface EvidenceOptions {
  readonly signWith: readonly string[];
  readonly follows?: string;
}

/**
 * Writes a bundle with the digests of its inputs, and gives its own digest, which the next bundle follows. `files` are
 * the inputs under the names that open them, where the assessment has pseudonyms.
 */
export async function writeEvidence(
  assessment: Assessment,
  folder: string,
  options: EvidenceOptions,
  files: Assessment["inputs"] = assessment.inputs,
): Promise<string> {
  const [{ writeBundle }, { digestInputs }, { privateKey }] = await Promise.all([
    import("../../evidence/bundle.ts"),
    import("../../evidence/digest.ts"),
    import("../../evidence/dsse.ts"),
  ]);
  return writeBundle(folder, assessment, {
    keys: options.signWith.map((file) => privateKey(readKey(file))),
    inputs: renamed(await digestInputs(files), files, assessment.inputs),
    ...(options.follows !== undefined && { previous: options.follows }),
  });
}

/** Digests by the names that the assessment gives its inputs, which come in the order of the files. */
function renamed(
  digests: ReadonlyMap<string, FileDigest>,
  files: Assessment["inputs"],
  inputs: Assessment["inputs"],
): Map<string, FileDigest> {
  return new Map(
    inputs.flatMap(({ file }, i) => {
      const digest = digests.get(files[i]?.file ?? "");
      return digest ? [[file, digest] as const] : [];
    }),
  );
}
