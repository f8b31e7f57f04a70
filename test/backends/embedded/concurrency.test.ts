import { expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";

test("queries at the same time keep all their rows", async () => {
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    const sizes = [5_000, 12_000, 30_000, 9_000];
    const results = await Promise.all(sizes.map((size) => backend.query(`range x from 1 to ${size} step 1`)));
    expect(results.map((result) => result.rows.length)).toEqual(sizes);
    let rows = 0;
    for await (const batch of backend.stream("range x from 1 to 20000 step 1")) {
      rows += batch.rowCount;
      expect((await backend.query("print 1")).rows).toEqual([[1]]);
    }
    expect(rows).toBe(20_000);
  } finally {
    await backend.close();
  }
});

test("a query beside an open stream may use functions that none before it used", async () => {
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    for await (const _ of backend.stream("range x from 1 to 5000 step 1 | extend y = tostring(x)")) {
      const { rows } = await backend.query('print parse_json(\'{"a":NaN}\').a, base64_decode_tostring("YQ==")');
      expect(rows[0]?.[1]).toBe("a");
    }
  } finally {
    await backend.close();
  }
});
