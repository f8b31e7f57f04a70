import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { tryParseDynamic } from "./support/json.ts";
import { groupSql, regexSql, rewriteRegex, wrappedRegexSql } from "./support/regex.ts";
import { argument, constantText, once, sqlOf, sqlOr } from "./support/sql.ts";
import { typeArgument } from "./support/types.ts";
import type { Argument, CallContext, ScalarFunction } from "./types.ts";

/** The pattern of extract(): a group that the pattern does not have matches nothing. */
function extractSql(args: readonly Argument[], call: CallContext): string {
  const [pattern, group] = [argument(args, 0), argument(args, 1)];
  const text = constantText(pattern);
  const groups = text === undefined ? undefined : rewriteRegex(text).groups;
  if (group.constant === undefined) return call.refuse("The group of extract() must be a whole number.");
  const fixed = group.constant === null ? -1 : Number(group.constant);
  if (fixed < 0 || fixed > (groups ?? fixed)) return convert("''", "string", typeArgument(args[3]) ?? "string");
  const taken = groupSql(pattern, fixed) ?? call.refuse("A pattern from rows has at most nine groups.");
  const found = `COALESCE(regexp_extract(${sqlOf(args, 2)}, ${taken.pattern}, ${taken.group}), '')`;
  return convert(found, "string", typeArgument(args[3]) ?? "string");
}

/** Chosen groups, in order; those that the pattern does not have are left out, and none left means all. */
function chosenGroups(choice: Argument | undefined, pattern: string): number[] {
  const { groups, names } = rewriteRegex(pattern);
  const all = Array.from({ length: groups }, (_, i) => i + 1);
  const wanted = choice === undefined ? null : tryParseDynamic(constantText(choice) ?? "");
  if (!Array.isArray(wanted)) return all;
  const chosen = wanted
    .map((item) => (typeof item === "string" ? (names.get(item) ?? 0) : Number(item)))
    .filter((n) => n >= 1 && n <= groups);
  return chosen.length > 0 ? chosen : all;
}

function extractAllSql(args: readonly Argument[], call: CallContext): string {
  const pattern = argument(args, 0);
  const source = argument(args, args.length - 1);
  const text = convert(source.sql, source.type, "string");
  const fixed = constantText(pattern);
  const matches = (n: number): string => {
    const taken = groupSql(pattern, n);
    return `regexp_extract_all(${text}, ${taken?.pattern}, ${taken?.group})`;
  };
  const asArray = (list: string): string =>
    once(list, (x) => `CASE WHEN len(${x}) > 0 THEN to_json(${x})::VARCHAR END`);
  if (fixed === undefined) return asArray(matches(1));
  const groups = chosenGroups(args.length > 2 ? argument(args, 1) : undefined, fixed);
  if (groups.length === 0) return call.refuse("extract_all() needs a pattern with at least one capture group.");
  if (groups.length === 1) return asArray(matches(groups[0] ?? 1));
  const row = groups.map((_, i) => `kql_g[${i + 1}]`).join(", ");
  return asArray(`list_transform(list_zip(${groups.map(matches).join(", ")}), lambda kql_g: [${row}])`);
}

const SCAN_LIMIT = 200;

/** `a|b` is one alternative only inside its own group. */
const trimAt = (start: boolean, end: boolean) => (args: readonly Argument[]) => {
  const pattern = argument(args, 0);
  let text = sqlOf(args, 1);
  if (start) text = `regexp_replace(${text}, ${wrappedRegexSql(pattern, "^(?:", ")")}, '')`;
  if (end) text = `regexp_replace(${text}, ${wrappedRegexSql(pattern, "(?:", ")$")}, '')`;
  return text;
};

const trimming = (name: string, docs: string, start: boolean, end: boolean): ScalarFunction => ({
  names: [name],
  params: [{ type: "string" }, { type: "string" }],
  returns: "string",
  sql: trimAt(start, end),
  docs,
});

/** indexof_regex(text, pattern[, start[, length[, occurrence]]]): position of the nth match that does not overlap. */
function indexOfRegexSql(args: readonly Argument[]): string {
  const pattern = wrappedRegexSql(argument(args, 1), "(", ")");
  const start = sqlOr(args, 2, "0");
  const length = sqlOr(args, 3, "-1");
  const occurrence = sqlOr(args, 4, "1");
  const source = `CASE WHEN ${length} < 0 THEN substr(${sqlOf(args, 0)}, ${start} + 1) ELSE substr(${sqlOf(args, 0)}, ${start} + 1, ${length}) END`;
  const position = once(
    source,
    (s) =>
      `CASE WHEN len(regexp_extract_all(${s}, ${pattern}, 0)) < ${occurrence} THEN -1 ELSE ${start} + length(regexp_extract(${s}, ` +
      `${nthMatch(argument(args, 1), args[4])}, 1)) END`,
    "kql_s",
  );
  return `CASE WHEN ${start} < 0 OR ${occurrence} < 1 OR ${length} < -1 THEN NULL ELSE ${position} END::BIGINT`;
}

/** A pattern whose first group is all that stands before the nth match. */
function nthMatch(pattern: Argument, occurrence: Argument | undefined): string {
  const before = Math.max(Math.min(Number(occurrence?.constant ?? 1n), SCAN_LIMIT), 1) - 1;
  const skipped = `repeat(${wrappedRegexSql(pattern, ".*?(?:", ")")}, ${before})`;
  return `('(?s)^(' || ${skipped} || ${wrappedRegexSql(pattern, ".*?)(?:", ")")})`;
}

export default [
  {
    names: ["extract"],
    params: [
      { type: "string" },
      { type: "long", constant: true },
      { type: "string" },
      { type: "any", name: "typeLiteral", optional: true, constant: true },
    ],
    returns: (args): ScalarType => typeArgument(args[3]) ?? "string",
    sql: extractSql,
    udfs: CONVERSION_UDFS,
    docs: "extract-function",
  },
  {
    names: ["extract_all", "extractall"],
    params: [{ type: "string" }, { type: "any" }, { type: "string", optional: true }],
    returns: "dynamic",
    sql: extractAllSql,
    udfs: CONVERSION_UDFS,
    docs: "extract-all-function",
  },
  {
    names: ["replace_regex"],
    params: [{ type: "string" }, { type: "string" }, { type: "string" }],
    returns: "string",
    sql: (args) => `regexp_replace(${sqlOf(args, 0)}, ${regexSql(argument(args, 1))}, ${sqlOf(args, 2)}, 'g')`,
    docs: "replace-regex-function",
  },
  {
    // The older name takes the text last.
    names: ["replace"],
    params: [{ type: "string" }, { type: "string" }, { type: "string" }],
    returns: "string",
    sql: (args) => `regexp_replace(${sqlOf(args, 2)}, ${regexSql(argument(args, 0))}, ${sqlOf(args, 1)}, 'g')`,
    docs: "replace-regex-function",
  },
  trimming("trim", "trim-function", true, true),
  trimming("trim_start", "trim-start-function", true, false),
  trimming("trim_end", "trim-end-function", false, true),
  {
    names: ["regex_quote"],
    params: [{ type: "string" }],
    returns: "string",
    sql: "regexp_replace($1, '([^A-Za-z0-9_])', '\\\\\\1', 'g')",
    docs: "regex-quote-function",
  },
  {
    names: ["indexof_regex"],
    params: [
      { type: "string" },
      { type: "string" },
      { type: "long", optional: true },
      { type: "long", optional: true },
      { type: "long", optional: true, constant: true },
    ],
    returns: "long",
    sql: indexOfRegexSql,
    docs: "indexof-regex-function",
  },
] satisfies ScalarFunction[];
