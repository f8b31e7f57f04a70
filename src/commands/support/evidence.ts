import { readFileSync } from "node:fs";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";

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

/** Writes a bundle with the digests of its inputs, and tells its own digest, which the next bundle follows. */
export async function writeEvidence(assessment: Assessment, folder: string, options: EvidenceOptions): Promise<void> {
  const [{ writeBundle }, { digestInputs }, { privateKey }] = await Promise.all([
    import("../../evidence/bundle.ts"),
    import("../../evidence/digest.ts"),
    import("../../evidence/dsse.ts"),
  ]);
  const digest = writeBundle(folder, assessment, {
    keys: options.signWith.map((file) => privateKey(readKey(file))),
    inputs: await digestInputs(assessment.inputs),
    ...(options.follows !== undefined && { previous: options.follows }),
  });
  process.stderr.write(`Evidence in ${folder}; its digest is ${digest}\n`);
}
