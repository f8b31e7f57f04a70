import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../src/core/errors.ts";
import { quoteIdentifier, quoteLiteral } from "../../../src/core/text/sql.ts";

const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();

beforeAll(async () => {
  await connection.run("create table victim as select 1 as x");
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const speakable = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));

async function oneRow(sql: string): Promise<{ names: string[]; values: unknown[] }> {
  const statements = await connection.extractStatements(sql);
  expect(statements.count).toBe(1);
  const reader = await connection.runAndReadAll(sql);
  return { names: reader.columnNames(), values: reader.getRows()[0] ?? [] };
}

describe("DuckDB reads back what was quoted", () => {
  test("any literal", async () => {
    await fc.assert(
      fc.asyncProperty(speakable, async (text) => {
        expect((await oneRow(`select ${quoteLiteral(text)}`)).values).toEqual([text]);
      }),
      { numRuns: 1000 },
    );
  });

  test("any identifier", async () => {
    await fc.assert(
      fc.asyncProperty(
        speakable.filter((text) => text !== ""),
        async (name) => {
          expect((await oneRow(`select 7 as ${quoteIdentifier(name)}`)).names).toEqual([name]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([`'; drop table victim; --`, `"; drop table victim; --`, "\\'; drop table victim; --", "'' \"\" \\"])(
    "%s changes nothing",
    async (payload) => {
      const { names, values } = await oneRow(`select ${quoteLiteral(payload)} as ${quoteIdentifier(payload)}`);
      expect({ names, values }).toEqual({ names: [payload], values: [payload] });
      expect((await oneRow("select count(*)::int from victim")).values).toEqual([1]);
    },
  );
});

describe("what DuckDB cannot be told is refused", () => {
  test.each(["\0", "a\0b", "\ud800", "x\udc00y"])("%j", (text) => {
    expect(() => quoteLiteral(text)).toThrow(UsageError);
    expect(() => quoteIdentifier(text)).toThrow(UsageError);
  });

  test("an empty name", () => expect(() => quoteIdentifier("")).toThrow(UsageError));
});
