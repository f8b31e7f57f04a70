import { quoteLiteral } from "../../core/text/sql.ts";
import { hasTerm } from "../functions/support/terms.ts";
import type { Udf } from "../functions/types.ts";
import { asType, atom } from "./coerce.ts";
import { lowered } from "./compare.ts";
import type { Context } from "./context.ts";
import type { Scalar } from "./types.ts";

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const BEFORE = "(?:^|[^\\pL\\pN])";
const AFTER = "(?:$|[^\\pL\\pN])";

const HAS: Udf = {
  name: "kql_has",
  params: ["VARCHAR", "VARCHAR"],
  returns: "BOOLEAN",
  fn: (haystack: string, needle: string) => hasTerm(haystack, needle),
};

let lastNeedles = "";
let lastList: readonly string[] = [];

/** Needles as a JSON array; the same list comes for every row, so it is parsed once. */
function needlesOf(json: string): readonly string[] {
  if (json !== lastNeedles) {
    const parsed: unknown = JSON.parse(json);
    lastList = (Array.isArray(parsed) ? parsed : [parsed]).map((x) =>
      typeof x === "string" ? x : x === null ? "" : JSON.stringify(x),
    );
    lastNeedles = json;
  }
  return lastList;
}

const HAS_LIST: readonly Udf[] = (["any", "all"] as const).map((name) => ({
  name: `kql_has_${name}`,
  params: ["VARCHAR", "VARCHAR"],
  returns: "BOOLEAN",
  fn: (haystack: string, needles: string) =>
    name === "any"
      ? needlesOf(needles).some((needle) => hasTerm(haystack, needle))
      : needlesOf(needles).every((needle) => hasTerm(haystack, needle)),
}));

export const TERM_UDFS: readonly Udf[] = [HAS, ...HAS_LIST];

interface Edges {
  readonly before: boolean;
  readonly after: boolean;
}

const escapeRegex = (needle: string): string => needle.replace(/[!-/:-@[-^`{-~]/g, "\\$&");

/** The pattern of a term: a boundary counts only where the needle itself ends in a letter or digit. */
function termPattern(needle: string, edges: Edges): string {
  const [before, after] = boundaries(needle, edges);
  return `${before}${escapeRegex(needle)}${after}`;
}

function boundaries(needle: string, { before, after }: Edges): [before: string, after: string] {
  const points = [...needle];
  const first = before && LETTER_OR_DIGIT.test(points[0] ?? "");
  const last = after && LETTER_OR_DIGIT.test(points.at(-1) ?? "");
  return [first ? BEFORE : "", last ? AFTER : ""];
}

const BOTH: Edges = { before: true, after: true };

/** `has` and its kin for a needle that the text fixes: a cheap substring test guards the regular expression. */
function term(value: string, needle: string, folded: boolean, edges: Edges): string {
  if (needle === "") return "true";
  const wanted = folded ? needle.toLowerCase() : needle;
  const haystack = folded ? `lower(${value})` : atom(value);
  const pattern = termPattern(wanted, edges);
  const contains = `contains(${haystack}, ${quoteLiteral(wanted)})`;
  return pattern === escapeRegex(wanted)
    ? contains
    : `(${contains} AND regexp_matches(${haystack}, ${quoteLiteral(pattern)}))`;
}

function termOf(value: Scalar, needle: Scalar, folded: boolean, edges: Edges, context: Context): string {
  if (typeof needle.constant === "string") return term(value.sql, needle.constant, folded, edges);
  if (folded && edges === BOTH) {
    context.use(TERM_UDFS);
    return `kql_has(${value.sql}, ${needle.sql})`;
  }
  const [a, b] = folded ? [`lower(${value.sql})`, `lower(${needle.sql})`] : [value.sql, needle.sql];
  const edge = (at: string, boundary: string): string =>
    `CASE WHEN regexp_matches(${b}, '${at}') THEN '${boundary}' ELSE '' END`;
  const first = edges.before ? edge("^[\\pL\\pN]", BEFORE) : "''";
  const last = edges.after ? edge("[\\pL\\pN]$", AFTER) : "''";
  return `regexp_matches(${a}, ${first} || regexp_escape(${b}) || ${last})`;
}

type Test = (value: Scalar, needle: Scalar, folded: boolean, context: Context) => string;

const sides = (value: Scalar, needle: Scalar, folded: boolean): [string, string] =>
  folded ? [`lower(${value.sql})`, lowered(needle)] : [value.sql, needle.sql];
const call =
  (name: string): Test =>
  (value, needle, folded) =>
    `${name}(${sides(value, needle, folded).join(", ")})`;

const TESTS: Readonly<Record<string, Test>> = {
  contains: call("contains"),
  startswith: call("starts_with"),
  endswith: call("ends_with"),
  has: (value, needle, folded, context) => termOf(value, needle, folded, BOTH, context),
  hasprefix: (value, needle, folded, context) => termOf(value, needle, folded, { before: true, after: false }, context),
  hassuffix: (value, needle, folded, context) => termOf(value, needle, folded, { before: false, after: true }, context),
  "=~": (value, needle) => sides(value, needle, true).join(" = "),
};

/** The text operator of an operator token: `!startswith_cs` is startswith, negative, by case. */
export function textOperator(token: string): { test: string; negative: boolean; folded: boolean } | undefined {
  if (token === "!~" || token === "=~") return { test: "=~", negative: token === "!~", folded: true };
  const [, bang = "", name = "", cs = ""] =
    /^(!|not)?(contains|startswith|endswith|hasprefix|hassuffix|has)(_?cs)?$/.exec(token) ?? [];
  return name === "" ? undefined : { test: name, negative: bang !== "", folded: cs === "" };
}

/** A text predicate. Neither side is ever null, so neither is the answer. */
export function textTest(
  operator: { test: string; negative: boolean; folded: boolean },
  left: Scalar,
  right: Scalar,
  context: Context,
): Scalar {
  const test = TESTS[operator.test];
  if (!test) throw new TypeError(`no text operator ${operator.test}`);
  const sql = test(asType(left, "string"), asType(right, "string"), operator.folded, context);
  return { sql: operator.negative ? `(NOT (${sql}))` : `(${sql})`, type: "bool", notNull: true };
}

/** So few needles are found sooner one by one. */
const MAX_PREFILTERS = 2;
/** DuckDB gives a compiled pattern little memory. */
const MAX_PATTERN = 8000;

const ASCII = /^[\x20-\x7e]*$/;
/** What `lower` maps to an ASCII letter besides its capital. */
const ALSO: Readonly<Record<string, string>> = { i: "\\x{130}", k: "\\x{212A}" };
/** A pattern that finds a text whose lower-case form is the needle. */
const anyCase = (needle: string): string =>
  escapeRegex(needle).replace(
    /(\\.)|([a-z])/g,
    (_, escaped: string | undefined, letter: string) =>
      escaped ?? `[${letter}${letter.toUpperCase()}${ALSO[letter] ?? ""}]`,
  );

/** Patterns that find any of the terms: those with the same boundaries share them. */
function anyPatterns(needles: readonly string[], write: (needle: string) => string): string[] {
  const groups = new Map<string, { edges: readonly [string, string]; parts: string[][]; size: number }>();
  for (const needle of needles) {
    const edges = boundaries(needle, BOTH);
    const group = groups.get(edges.join()) ?? { edges, parts: [[]], size: 0 };
    groups.set(edges.join(), group);
    const escaped = write(needle);
    group.size += escaped.length;
    if (group.size > MAX_PATTERN) {
      group.parts.push([]);
      group.size = escaped.length;
    }
    group.parts.at(-1)?.push(escaped);
  }
  return [...groups.values()].flatMap(({ edges: [before, after], parts }) =>
    parts.map((part) => `${before}(?:${part.join("|")})${after}`),
  );
}

/** `has_any` and `has_all` over needles that the text fixes. */
export function hasConstants(left: Scalar, needles: readonly string[], every: boolean): Scalar {
  const value = asType(left, "string").sql;
  if (needles.length === 0) return { sql: String(every), type: "bool", notNull: true };
  if (!every && needles.includes("")) return { sql: "true", type: "bool", notNull: true };
  if (every || needles.length <= MAX_PREFILTERS) {
    const tests = needles.map((needle) => term(value, needle, true, BOTH));
    return { sql: `(${tests.join(every ? " AND " : " OR ")})`, type: "bool", notNull: true };
  }
  const lowered = needles.map((needle) => needle.toLowerCase());
  const plain = lowered.filter((needle) => ASCII.test(needle));
  const others = lowered.filter((needle) => !ASCII.test(needle));
  const tests = [
    ...anyPatterns(plain, anyCase).map((pattern) => `regexp_matches(${value}, ${quoteLiteral(pattern)})`),
    ...anyPatterns(others, escapeRegex).map((pattern) => `regexp_matches(lower(${value}), ${quoteLiteral(pattern)})`),
  ];
  return { sql: `(${tests.join(" OR ")})`, type: "bool", notNull: true };
}

/** `has_any` and `has_all` over a JSON array that rows or another table decide. */
export function hasList(left: Scalar, list: string, every: boolean, context: Context): Scalar {
  context.use(TERM_UDFS);
  const sql = `COALESCE(kql_has_${every ? "all" : "any"}(${asType(left, "string").sql}, ${list}), ${every})`;
  return { sql, type: "bool", notNull: true };
}

/** The term test that `search` makes on one column's text; `*` at either end leaves that boundary open. */
export function searchTerm(value: string, needle: string, folded: boolean): string {
  const before = !needle.startsWith("*");
  const after = !needle.endsWith("*");
  const bare = needle.replace(/^\*|\*$/g, "");
  return term(value, bare, folded, { before, after });
}
