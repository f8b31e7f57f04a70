import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../src/core/errors.ts";
import { csvField, csvRecord } from "../../../src/core/text/csv.ts";
import { htmlText } from "../../../src/core/text/html.ts";
import { canonicalJson, jsonLine, jsonScript } from "../../../src/core/text/json.ts";
import { markdownText } from "../../../src/core/text/markdown.ts";
import { displayWidth, pad, terminalText, truncate, truncateStart, wrap } from "../../../src/core/text/terminal.ts";
import { visibleLines } from "../../../src/core/text/visible.ts";
import { ACTIVE, HOSTILE, HOSTILE_NAMES, XSS } from "../../hostile/corpus.ts";
import { parseCsv } from "../../hostile/csv.ts";

const prototypeKeys = Reflect.ownKeys(Object.prototype).length;
afterAll(() => expect(Reflect.ownKeys(Object.prototype).length).toBe(prototypeKeys));

const ALL = [...HOSTILE, ...XSS];

describe("terminal", () => {
  test("nothing active is left of any hostile string", () => {
    for (const text of ALL) expect(terminalText(text)).not.toMatch(ACTIVE);
  });

  test("nothing active is left of any string at all, and it stays on one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const safe = terminalText(text);
        return !ACTIVE.test(safe) && !safe.includes("\n");
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["a\x1b[31mb", "a<U+001B>[31mb"],
    ["user\u202enimda", "user<U+202E>nimda"],
    ["a\u009bb", "a<U+009B>b"],
    ["x\x7f\n\t", "x<U+007F>↵⇥"],
    ["Zoë Müller 全角", "Zoë Müller 全角"],
  ])("%j is shown as %s", (text, shown) => expect(terminalText(text)).toBe(shown));

  test.each([
    ["abc", 3],
    ["全角", 4],
    ["e\u0301", 1],
    ["😀", 2],
    ["…", 1],
  ])("%s takes %i columns", (text, width) => expect(displayWidth(text)).toBe(width));

  test("pad gives exactly the width that was asked for, and truncate never more", () => {
    for (const text of ALL) {
      for (const width of [1, 2, 7, 40]) {
        expect(displayWidth(pad(text, width))).toBe(width);
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
        expect(displayWidth(truncateStart(text, width))).toBeLessThanOrEqual(width);
        for (const line of wrap(text, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      }
    }
  });

  test("a path keeps its end", () =>
    expect(truncateStart("/very/long/path/signin.ndjson", 15)).toBe("…/signin.ndjson"));

  test("cutting drops a tower of combining marks", () =>
    expect(truncate(`e${"\u0301".repeat(300)}`, 5)).toBe("e\u0301\u0301"));

  test("query text keeps its lines, and nothing else that is active", () => {
    expect(visibleLines("T\n\t| take 1\x1b[2J")).toBe("T\n\t| take 1<U+001B>[2J");
  });
});

describe("HTML and Markdown", () => {
  test("no hostile string keeps a character of markup", () => {
    for (const text of ALL) {
      expect(htmlText(text)).not.toMatch(/[<>"'`]/);
      expect(markdownText(text)).not.toMatch(/[<>"'\n]/);
      expect(markdownText(text)).not.toMatch(/(?<!\\)(?:\\\\)*[|[\]()*_`~!:.@]/);
    }
  });

  test.each([
    ["<b>&", "&lt;b&gt;&amp;", "&lt;b&gt;&amp;"],
    ["[x](javascript:1)", "[x](javascript:1)", "\\[x\\]\\(javascript\\:1\\)"],
    [" a|b ", " a|b ", "&#32;a\\|b&#32;"],
  ])("%s", (text, html, markdown) => {
    expect(htmlText(text)).toBe(html);
    expect(markdownText(text)).toBe(markdown);
  });
});

describe("CSV", () => {
  test("every hostile record parses back to one record of as many fields, none of them a formula", () => {
    for (const text of ALL) {
      const records = parseCsv(csvRecord([text, 1, text]));
      expect(records).toHaveLength(1);
      expect(records[0]).toHaveLength(3);
      for (const field of records[0] ?? []) expect(field).not.toMatch(/^[\s]*[=+@＝＋－＠-]|^[\t\r\n\0]/);
    }
  });

  test("no other separator or stray quote turns the rest of a field into a formula", () => {
    for (const text of ALL) {
      for (const cell of csvField(text).split(/[,;|\t\r\n"]/)) expect(cell).not.toMatch(/^\s*[=@+＝＋－＠-]/);
    }
  });

  test.each([
    [-1, "long", "-1"],
    ["-9223372036854775808", "long", "-9223372036854775808"],
    ["-1.5", "decimal", "-1.5"],
    ["-Infinity", "real", "-Infinity"],
    ["-00:30:00", "timespan", "-00:30:00"],
    ["-1+1", "long", '"\'-1+1"'],
    ["-1", "string", '"\'-1"'],
    ["-1", undefined, '"\'-1"'],
    ["", "string", '""'],
    [null, "string", ""],
    [true, "bool", "true"],
    ['say "hi"', "string", '"say ""hi"""'],
    ["two\nlines", "string", '"two\nlines"'],
    [{ a: "=1" }, "dynamic", '"{""a"":""\\u003d1""}"'],
  ] as const)("%j of type %s is written %s", (value, type, written) => expect(csvField(value, type)).toBe(written));
});

describe("JSON", () => {
  test("every hostile string comes back exactly, from one line that no reader can be steered by", () => {
    for (const text of ALL) {
      const line = jsonLine({ [text]: text });
      expect(line).not.toMatch(ACTIVE);
      expect(line).not.toContain("\n");
      expect(Object.entries(JSON.parse(line) as object)).toEqual([[text, text]]);
    }
  });

  test("a script body holds no markup", () => {
    for (const text of ALL) {
      const script = jsonScript({ [text]: text });
      expect(script).not.toMatch(/[<>&\u2028\u2029]/);
      expect(Object.entries(JSON.parse(script) as object)).toEqual([[text, text]]);
    }
  });

  // The six vectors are in the manner of RFC 8785 §3.2 and its appendix B.
  test.each([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [
      { "\u20ac": 1, "\r": 2, "\ufb33": 3, 1: 4, "\u{1f600}": 5, "\u0080": 6, "\u00f6": 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
    ],
    [[333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0], "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]"],
    [{ text: '\u20ac$\u000f\nA\'B"\\\\"/' }, '{"text":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'],
    [[null, true, false], "[null,true,false]"],
    [{ gone: undefined, kept: { z: [], a: {} } }, '{"kept":{"a":{},"z":[]}}'],
  ])("canonical form %#", (value, canonical) => expect(canonicalJson(value)).toBe(canonical));

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], ["\ud800"], [{ "\udc00": 1 }], [1n], [() => 1]])(
    "%s has no canonical form",
    (value) => expect(() => canonicalJson(value)).toThrow(UsageError),
  );

  test("the order of keys does not matter", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        return canonicalJson(reversed) === canonicalJson(record);
      }),
    );
  });

  test("names of Object.prototype are ordinary keys", () => {
    const record = Object.fromEntries(HOSTILE_NAMES.map((name) => [name, name]));
    expect(Object.keys(JSON.parse(canonicalJson(record)) as object).sort()).toEqual([...HOSTILE_NAMES].sort());
  });
});
