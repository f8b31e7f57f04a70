import { expect } from "vitest";
import type { EmbeddedOptions } from "../../src/backends/embedded/backend.ts";
import type { Value } from "../../src/core/kusto.ts";
import { type Files, reconciled, withLoaded } from "../backends/embedded/support.ts";

/** Exported files, and what a query over them answers. */
export interface ExportCase {
  readonly name: string;
  readonly files: Files;
  readonly options?: Pick<EmbeddedOptions, "assumeTable">;
  readonly query: string;
  readonly rows: readonly (readonly Value[])[];
  /** What the report says of it. */
  readonly said?: string;
}

export const holds = async ({ files, options = {}, query, rows, said }: ExportCase): Promise<void> =>
  withLoaded(
    files,
    async (loaded) => {
      expect(reconciled(loaded.inputs)).toBe(true);
      expect(await loaded.rows(query)).toEqual(rows);
      if (said !== undefined) expect(loaded.inputs.map(({ reason }) => reason ?? "").join(" ")).toContain(said);
    },
    options,
  );
