import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/backends/embedded/connection.ts";
import type { Value } from "../../src/core/kusto.ts";
import { compile } from "../../src/kql/index.ts";
import type { Schema } from "../../src/kql/types.ts";

/*
 * Queries whose answers must agree, over random rows with many nulls. `ZTLENS_FUZZ_RUNS` sets how many each relation
 * tries; `ZTLENS_FUZZ_SEED` which ones.
 */

const numRuns = Number(process.env.ZTLENS_FUZZ_RUNS ?? 12);
const seed = Number(process.env.ZTLENS_FUZZ_SEED ?? 20_240_601);
const timeout = 60_000 + numRuns * 1_000;

const schema: Schema = { table: () => undefined, names: () => [] };

let plain: Engine;
let simple: Engine;
beforeAll(async () => {
  plain = await openEngine({ threads: 2 });
  simple = await openEngine({ threads: 1 });
  await simple.rows("PRAGMA disable_optimizer");
  for (const engine of [plain, simple]) await engine.seal();
});
afterAll(() => {
  plain.close();
  simple.close();
});

async function run(query: string, engine: Engine = plain): Promise<readonly (readonly Value[])[]> {
  const result = compile(query, { schema, now: 638_000_000_000_000_000n });
  if (result.kind !== "compiled") throw new Error(`${JSON.stringify(result)}\n${query}`);
  return (await engine.query(result.query)).rows;
}

const bag = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
const rowsOf = async (query: string, engine?: Engine): Promise<string[]> => bag(await run(query, engine));
const count = async (query: string): Promise<number> => Number((await run(`${query} | count`))[0]?.[0]);

const nullable = <T>(value: fc.Arbitrary<string>, none: T): fc.Arbitrary<string | T> =>
  fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: fc.constant(none) });
const cell = {
  n: nullable(
    fc.integer({ min: -3, max: 3 }).map((n) => `long(${n})`),
    "long(null)",
  ),
  r: nullable(fc.constantFrom("real(-1.5)", "real(0)", "real(2)", "real(nan)", "real(+inf)"), "real(null)"),
  s: fc.constantFrom('""', '"a"', '"A"', '"a b"', '"ab"', '"a_b"', '"-"', '"ä"', '"it\'s"', '"%"', '"1"'),
  t: nullable(fc.constantFrom("datetime(2024-01-01)", "datetime(2024-01-01 12:00:00.1234567)"), "datetime(null)"),
  b: nullable(fc.constantFrom("true", "false"), "bool(null)"),
  d: fc.constantFrom("dynamic(null)", 'dynamic({"x":1})', 'dynamic({"x":"a"})', "dynamic([1,2])", 'dynamic("a")'),
};
const NAMES = ["n", "r", "s", "t", "b", "d"] as const;
const TYPES = "i:long, n:long, r:real, s:string, t:datetime, b:bool, d:dynamic";

/** A table whose first column numbers the rows. */
const table = fc
  .array(fc.record(cell), { minLength: 1, maxLength: 12 })
  .map((rows) => `datatable(${TYPES})[${rows.map((row, i) => [i, ...NAMES.map((name) => row[name])]).join(", ")}]`);

const simplePredicate = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("n", "r", "tolong(d.x)", "strlen(s)", "n + 1"),
      fc.constantFrom("==", "!=", "<", ">", "<=", ">="),
      fc.integer({ min: -2, max: 2 }),
    )
    .map(([a, op, k]) => `${a} ${op} ${k}`),
  fc
    .tuple(
      fc.constantFrom("s", "tostring(d.x)", "strcat(s, 'b')"),
      fc.constantFrom(
        "==",
        "!=",
        "=~",
        "!~",
        "has",
        "!has",
        "contains",
        "!contains",
        "startswith",
        "has_cs",
        "hasprefix",
      ),
      fc.constantFrom('"a"', '"A"', '""', '"b"', '"_"', '"ä"', '"%"'),
    )
    .map(([a, op, k]) => `${a} ${op} ${k}`),
  fc.constantFrom(
    "b",
    "b == true",
    "b != true",
    "isnull(n)",
    "isnotempty(s)",
    "n in (1, 2)",
    "n !in (0, 3)",
    's in~ ("A", "ab")',
    "n between (-1 .. 1)",
    "n !between (0 .. 2)",
    "t > datetime(2024-01-01)",
    "s matches regex '^a'",
    's has_any ("a", "x")',
    "isnan(r)",
    "isnull(d)",
    "n == tolong(r)",
    "array_length(d) == 2",
  ),
);
const predicate: fc.Arbitrary<string> = fc.letrec<{ p: string }>((tie) => ({
  p: fc.oneof(
    { maxDepth: 3 },
    simplePredicate,
    tie("p").map((p) => `not(${p})`),
    fc.tuple(tie("p"), tie("p")).map(([a, b]) => `(${a} and ${b})`),
    fc.tuple(tie("p"), tie("p")).map(([a, b]) => `(${a} or ${b})`),
  ),
})).p;

function relation(name: string, hold: (rows: string, p: string, q: string) => Promise<void>): void {
  test(
    name,
    async () => {
      await fc.assert(fc.asyncProperty(table, predicate, predicate, hold), { numRuns, seed });
    },
    timeout,
  );
}

describe("a condition divides the rows", () => {
  relation("into true, false and null", async (rows, p) => {
    const parts = await Promise.all(
      [p, `not(${p})`, `isnull(${p})`].map((condition) => run(`${rows} | where ${condition}`)),
    );
    expect(bag(parts.flat())).toEqual(await rowsOf(rows));
  });

  relation("one after the other as at once", async (rows, p, q) => {
    expect(await rowsOf(`${rows} | where ${p} | where ${q}`)).toEqual(await rowsOf(`${rows} | where ${p} and ${q}`));
  });

  relation("with or as a union without the common rows", async (rows, p, q) => {
    const [either, both, first, second] = await Promise.all(
      [`(${p}) or (${q})`, `(${p}) and (${q})`, p, q].map((condition) => count(`${rows} | where ${condition}`)),
    );
    expect(Number(either) + Number(both)).toBe(Number(first) + Number(second));
  });

  relation("as a column as it does in where", async (rows, p) => {
    const asColumn = `${rows} | extend x = (${p}) | where x | project-away x`;
    expect(await rowsOf(asColumn)).toEqual(await rowsOf(`${rows} | where ${p}`));
  });

  relation("after an unrelated column as before it", async (rows, p) => {
    expect(await rowsOf(`${rows} | extend z = i * 2 | where ${p}`)).toEqual(
      await rowsOf(`${rows} | where ${p} | extend z = i * 2`),
    );
  });
});

describe("counting", () => {
  relation("rows in four ways", async (rows, p) => {
    const wanted = await count(`${rows} | where ${p}`);
    const [[countif, sum, filtered] = []] = await run(
      `${rows} | summarize countif(${p}), sum(iff(${p}, 1, 0)), array_length(make_list_if(i, ${p}))`,
    );
    expect([countif, sum, filtered].map(Number)).toEqual([wanted, wanted, wanted]);
  });

  relation("groups adds up to counting all", async (rows, p) => {
    const all = await count(`${rows} | where ${p}`);
    const [[total] = []] = await run(`${rows} | where ${p} | summarize c = count() by s, n, b, t | summarize sum(c)`);
    expect(Number(total)).toBe(all);
  });

  relation("distinct values as groups", async (rows) => {
    expect(await rowsOf(`${rows} | distinct s, n, b`)).toEqual(await rowsOf(`${rows} | summarize by s, n, b`));
  });
});

describe("equivalent operators", () => {
  relation("a union of parts", async (rows, p) => {
    const whole = `let T = ${rows}; union (T | where ${p}), (T | where not(${p})), (T | where isnull(${p}))`;
    expect(await rowsOf(whole)).toEqual(await rowsOf(rows));
  });

  relation("top as sort and take", async (rows, p) => {
    const from = `${rows} | where ${p}`;
    expect(await run(`${from} | sort by i desc | top 3 by n asc, i asc`.replace(", i asc", ""))).toHaveLength(
      Math.min(3, await count(from)),
    );
    expect(await run(`${from} | top 3 by i asc`)).toEqual(await run(`${from} | sort by i asc | take 3`));
  });

  relation("a semi join as a list of keys", async (rows, p) => {
    const keys = `let T = ${rows}; let K = T | where ${p} and isnotnull(n) | project n;`;
    expect(await rowsOf(`${keys} T | where isnotnull(n) | join kind=leftsemi K on n`)).toEqual(
      await rowsOf(`${keys} T | where n in (K)`),
    );
  });

  relation("the first and the last by key as a sort", async (rows, p) => {
    const from = `${rows} | where ${p}`;
    expect(await run(`${from} | summarize arg_max(i, s)`)).toEqual(
      (await count(from)) > 0
        ? await run(`${from} | sort by i desc | take 1 | project i, s`)
        : await run(`${rows} | where false | summarize arg_max(i, s)`),
    );
  });

  relation("expanding what was packed", async (rows, p) => {
    const from = `${rows} | where ${p}`;
    expect(
      await rowsOf(
        `${from} | summarize l = make_list(i) | mv-expand i = l to typeof(long) | where isnotnull(i) | project i`,
      ),
    ).toEqual(await rowsOf(`${from} | project i`));
  });
});

describe("engine settings", () => {
  const step = fc.oneof(
    predicate.map((p) => `where ${p}`),
    fc.constantFrom(
      "extend x = n + i, y = strcat(s, '-', tostring(n))",
      "summarize c = count(), m = max(n), l = make_set(s), a = avg(n) by b",
      "summarize dcount(s), countif(b), min(t), percentile(n, 50)",
      "summarize arg_max(i, *) by s",
      "sort by n asc, i asc | extend p = prev(i), k = row_number(), cs = row_cumsum(i)",
      "mv-expand d",
      "join kind=leftouter (range n from -1 to 1 step 1 | extend w = n * 2) on n",
      "join kind=fullouter (datatable(s:string, w:long)['a', 1, 'zz', 2]) on s",
      "lookup (datatable(s:string, w:long)['a', 1, 'ab', 2]) on s",
      "distinct s, n",
      "top-nested 2 of s by sum(i), top-nested 1 of n by count()",
      "parse s with x 'b' y",
      "as Z | union Z",
      "make-graph s --> b2 with_node_id=k".replace("b2", "s2"),
    ),
  );
  const pipeline = fc
    .array(step, { minLength: 1, maxLength: 1 })
    .map(([first = ""]) =>
      first.startsWith("make-graph")
        ? `extend s2 = iff(n > 0, "a", "ab") | ${first} | graph-match (p)-[e*1..2]->(q) project p.k, map(e, i), q.k`
        : first,
    );

  test(
    "neither the optimizer nor the number of threads changes an answer",
    async () => {
      const holds = fc.asyncProperty(table, predicate, pipeline, async (rows, p, steps) => {
        const query = `${rows} | where ${p} or i >= 0 | ${steps}`;
        expect(await rowsOf(query, simple)).toEqual(await rowsOf(query));
      });
      await fc.assert(holds, { numRuns: numRuns * 3, seed });
    },
    timeout * 2,
  );
});
