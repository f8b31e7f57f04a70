import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { EmbeddedBackend, type EmbeddedOptions } from "../../../src/backends/embedded/backend.ts";
import type { InputReport } from "../../../src/core/assessment.ts";
import type { Value } from "../../../src/core/kusto.ts";

export interface Loaded {
  readonly backend: EmbeddedBackend;
  readonly inputs: readonly InputReport[];
  rows(kql: string): Promise<readonly (readonly Value[])[]>;
}

export type Files = Readonly<Record<string, string | Buffer>>;

/** Writes the files to a folder, loads the folder, and cleans up afterwards. */
export async function withLoaded<T>(
  files: Files,
  use: (loaded: Loaded, folder: string) => Promise<T>,
  options: Omit<EmbeddedOptions, "paths"> & { readonly paths?: (folder: string) => readonly string[] } = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-test-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    const backend = await EmbeddedBackend.open({ ...options, paths: options.paths?.(folder) ?? [folder] });
    try {
      const rows = async (kql: string) => (await backend.query(kql)).rows;
      return await use({ backend, inputs: backend.inputs(), rows }, folder);
    } finally {
      await backend.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const lines = (...records: readonly unknown[]): string =>
  records
    .map((record) => (typeof record === "string" ? record : JSON.stringify(record)))
    .join("\n")
    .concat("\n");

/** The books of every input reconcile. */
export const reconciled = (inputs: readonly InputReport[]): boolean =>
  inputs.every((input) => input.read === input.accepted + input.quarantined + input.skipped && input.accepted >= 0);
