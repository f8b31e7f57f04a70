import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Value } from "../../src/core/kusto.ts";

/*
 * Query → rows. A file of `cases` holds a list of `name`, `query` and either `rows` (with `columns` where their names
 * matter, and `ordered` where the order does) or `refused`, a part of the message.
 */

interface Case {
  readonly name: string;
  readonly query: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly Value[])[];
  readonly ordered?: boolean;
  readonly refused?: string;
}

const folder = new URL("./cases/", import.meta.url);
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

let backend: EmbeddedBackend;
beforeAll(async () => {
  backend = await EmbeddedBackend.open({ paths: [] });
});
afterAll(async () => backend.close());

for (const file of readdirSync(folder)) {
  const cases = parse(readFileSync(new URL(file, folder), "utf8")) as readonly Case[];
  describe(file.replace(/\.yaml$/, ""), () => {
    test.each(cases)("$name", async ({ query, columns, rows, ordered, refused }) => {
      if (refused !== undefined) {
        await expect(backend.query(query)).rejects.toThrow(refused);
        return;
      }
      const result = await backend.query(query);
      if (columns) expect(result.columns.map((column) => column.name)).toEqual(columns);
      if (ordered) expect(result.rows).toEqual(rows);
      else expect(sorted(result.rows)).toEqual(sorted(rows ?? []));
    });
  });
}
