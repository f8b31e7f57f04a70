import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compile } from "../../src/kql/index.ts";
import type { CompileResult, Schema } from "../../src/kql/types.ts";

/*
 * Whatever the text, compiling ends with a statement, a probe or diagnostics. `ZTLENS_FUZZ_RUNS` sets how many texts
 * each property tries; `ZTLENS_FUZZ_SEED` which ones.
 */

const numRuns = Number(process.env.ZTLENS_FUZZ_RUNS ?? 150);
const seed = Number(process.env.ZTLENS_FUZZ_SEED ?? 20_240_601);
const timeout = 60_000 + numRuns * 200;

const COLUMNS = [
  ["TimeGenerated", "datetime"],
  ["n", "long"],
  ["s", "string"],
  ["d", "dynamic"],
  ["r", "real"],
  ["b", "bool"],
  ["t", "timespan"],
] as const;
const table = {
  name: "T",
  sql: '"T"',
  columns: COLUMNS.map(([name, type]) => ({ name, type, sql: `"${name}"` })),
};
const schema: Schema = { table: (name) => (name === "T" ? table : undefined), names: () => ["T"] };
const compiled = (text: string): CompileResult => compile(text, { schema, now: 638_000_000_000_000_000n });

const folder = new URL("./cases/", import.meta.url);
const corpus: string[] = readdirSync(folder).flatMap((file) =>
  (parse(readFileSync(new URL(file, folder), "utf8")) as { query: string }[]).map((item) => item.query),
);

/** The first text pays for the parser's grammar. */
beforeAll(() => {
  compiled("T | where n > 1 | summarize count() by s");
});

/** CPU time that no text may take, in microseconds. */
const MAX_TIME = 1_000_000;

/** Collecting the garbage of earlier texts is no text's own time: the best of this many tries counts. */
const TRIES = 3;

function timeOf(text: string): number {
  const before = process.cpuUsage();
  compiled(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The answer comes soon, and it is a whole one. */
function check(text: string): void {
  const before = process.cpuUsage();
  const result = compiled(text);
  const { user, system } = process.cpuUsage(before);
  whole(result);
  let best = user + system;
  for (let i = 1; i < TRIES && best >= MAX_TIME; i++) best = Math.min(best, timeOf(text));
  expect(best).toBeLessThan(MAX_TIME);
}

/** A statement or a probe is complete, and a refusal says where and why. */
function whole(result: CompileResult): void {
  if (result.kind === "refused") {
    expect(result.diagnostics.length).toBeGreaterThan(0);
    for (const { message, line, column } of result.diagnostics) {
      expect(message).not.toBe("");
      if (line !== undefined) expect(line).toBeGreaterThan(0);
      if (column !== undefined) expect(column).toBeGreaterThan(0);
    }
  } else expect(result.kind === "compiled" ? result.query.sql : result.probe.sql).toMatch(/^(WITH|SELECT)/);
}

const tokens = (text: string): string[] => text.match(/\w+|"[^"]*"|'[^']*'|\s+|[^\w\s]/g) ?? [];
const WORDS =
  "| ( ) [ ] { } \" ' @ ; , . .. = == =~ != <> - + * / % ~ ! : --> -[ ]-> $left \0 \u{1F600} 1e999 99999999999999999999 datetime(x) null dynamic( typeof( let where union summarize by on join extend project evaluate print datatable".split(
    " ",
  );

interface Change {
  readonly at: number;
  readonly kind: "drop" | "insert" | "replace" | "repeat" | "swap" | "cut";
  readonly word: string;
  readonly other: number;
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(10_000),
  kind: fc.constantFrom("drop", "insert", "replace", "repeat", "swap", "cut"),
  word: fc.constantFrom(...WORDS),
  other: fc.nat(10_000),
});

function changed(text: string, changes: readonly Change[]): string {
  let list = tokens(text);
  for (const { at, kind, word, other } of changes) {
    const [i, j] = [at % Math.max(1, list.length), other % Math.max(1, list.length)];
    const [here = "", there = ""] = [list[i], list[j]];
    if (kind === "drop") list.splice(i, 1);
    else if (kind === "insert") list.splice(i, 0, word);
    else if (kind === "replace") list[i] = word;
    else if (kind === "repeat") list.splice(i, 0, here, here);
    else if (kind === "cut") list = list.slice(0, i);
    else [list[i], list[j]] = [there, here];
  }
  return list.join("");
}

describe("texts that nobody wrote", () => {
  test(
    "random text",
    () => {
      fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { numRuns, seed });
    },
    timeout,
  );

  test(
    "random words",
    () => {
      const word = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom("T", "n", "s", "d", "count()", "1", '"x"'));
      const text = fc.array(word, { maxLength: 30 }).map((words) => `T | ${words.join(" ")}`);
      fc.assert(fc.property(text, check), { numRuns, seed });
    },
    timeout,
  );

  test(
    "queries with a few changes",
    () => {
      const text = fc
        .tuple(fc.constantFrom(...corpus), fc.array(change, { minLength: 1, maxLength: 3 }))
        .map(([query, changes]) => changed(query, changes));
      fc.assert(fc.property(text, check), { numRuns, seed });
    },
    timeout,
  );

  test(
    "one query that ends in another",
    () => {
      const text = fc
        .tuple(fc.constantFrom(...corpus), fc.constantFrom(...corpus), fc.nat(), fc.nat())
        .map(([a, b, i, j]) => a.slice(0, i % (a.length + 1)) + b.slice(j % (b.length + 1)));
      fc.assert(fc.property(text, check), { numRuns, seed });
    },
    timeout,
  );
});

describe("texts that nest", () => {
  const DEPTH = 10_000;
  const nested = (open: string, inner: string, close = ""): string => open.repeat(DEPTH) + inner + close.repeat(DEPTH);
  test.each([
    ["parentheses", `print ${nested("(", "1", ")")}`],
    ["parentheses that stay open", `print ${nested("(", "1")}`],
    ["brackets of a dynamic", `print dynamic(${nested("[", "1", "]")})`],
    ["braces", nested("{", "", "}")],
    ["calls", `T | extend x = ${nested("strcat(", "s", ")")}`],
    ["subqueries", `${nested("T | join (", "T", ") on n")}`],
    ["signs", `print ${nested("-", "1")}`],
    ["terms", `T | extend x = n${" + n".repeat(DEPTH)}`],
    ["conditions", `T | where b${" and b".repeat(DEPTH)}`],
    ["members", `T | extend x = d${".a".repeat(DEPTH)}`],
  ])("%s, ten thousand deep", (_, text) => {
    const result = compiled(text);
    expect(result.kind).toBe("refused");
    whole(result);
  });

  test("a text on whose names the parser itself fails is refused for its syntax", () => {
    const result = compiled(
      'declare pattern p = (a:string)[b:string] { ("x").["y"] = { print 1 }; ([7.5,2, 7.0] | project z = a',
    );
    expect(result.kind).toBe("refused");
    whole(result);
  });

  test("brackets inside text are text", () => {
    const brackets = "([{".repeat(500);
    for (const literal of [`"${brackets}"`, `'${brackets}'`, `@"${brackets}"`, `"\\"${brackets}"`])
      expect(compiled(`print x = ${literal} // ${brackets}`).kind).toBe("compiled");
  });

  test("a sum of a hundred terms stays short", () => {
    const result = compiled(`T | extend x = n${" + n * 2 - n".repeat(50)}`);
    if (result.kind !== "compiled") throw new Error("not compiled");
    expect(result.query.sql.length).toBeLessThan(100_000);
  });
});
