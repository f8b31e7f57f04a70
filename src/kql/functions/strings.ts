import { CONVERSION_UDFS, convert, toElement, toText } from "./support/convert.ts";
import { type Dynamic, textOf, tryParseDynamic } from "./support/json.ts";
import { rewriteRegex } from "./support/regex.ts";
import { argument, constantText, literal, once, sqlOf } from "./support/sql.ts";
import { hasTerm } from "./support/terms.ts";
import type { Argument, ScalarFunction, Udf } from "./types.ts";

/** The most copies that strrep() and repeat() make, and the longest text that they may give. */
const MAX_COPIES = 1024;
const MAX_LENGTH = 16_777_216;

/** The search for each further occurrence starts behind the one before and looks over `count` characters again. */
const INDEXOF: Udf = {
  name: "kql_indexof",
  params: ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "BIGINT"],
  returns: "BIGINT",
  fn: (text: string, lookup: string, from: bigint, count: bigint, nth: bigint): bigint | null => {
    if (lookup === "" || count < -1n || nth < 1n) return null;
    const chars = [...text];
    const needle = [...lookup];
    let start = from < 0n ? Math.max(chars.length + Number(from), 0) : Number(from);
    for (let left = nth; ; left--) {
      const end = count < 0n ? chars.length : Math.min(start + Number(count), chars.length);
      while (start + needle.length <= end && !needle.every((char, i) => chars[start + i] === char)) start++;
      if (start + needle.length > end) return -1n;
      if (left === 1n) return BigInt(start);
      start++;
    }
  },
};

const COUNTOF: Udf = {
  name: "kql_countof",
  params: ["VARCHAR", "VARCHAR"],
  returns: "BIGINT",
  fn: (text: string, search: string): bigint => {
    let count = 0n;
    if (search === "") return count;
    for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) count++;
    return count;
  },
};

const texts = (json: string): string[] => {
  const value = tryParseDynamic(json);
  return Array.isArray(value) ? value.map(textOf) : [textOf(value ?? null)];
};

/** Lookups go in their order; what one has found is out of reach of the next, and stays as it is without a text for it. */
const REPLACE_STRINGS: Udf = {
  name: "kql_replace_strings",
  params: ["VARCHAR", "VARCHAR", "VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string, lookups: string, rewrites: string): string => {
    const to = tryParseDynamic(rewrites);
    let pieces: { readonly text: string; readonly done: boolean }[] = [{ text, done: false }];
    for (const [i, lookup] of texts(lookups).entries()) {
      const found = Array.isArray(to) ? to[i] : to;
      const replacement = { text: typeof found === "string" ? found : lookup, done: true };
      if (lookup === "") continue;
      pieces = pieces.flatMap((piece) =>
        piece.done || !piece.text.includes(lookup)
          ? [piece]
          : piece.text
              .split(lookup)
              .flatMap((part, at) => [...(at > 0 ? [replacement] : []), { text: part, done: false }]),
      );
    }
    return pieces.map((piece) => piece.text).join("");
  },
};

const HAS_ANY_INDEX: Udf = {
  name: "kql_has_any_index",
  params: ["VARCHAR", "VARCHAR"],
  returns: "BIGINT",
  fn: (text: string, terms: string): bigint => BigInt(texts(terms).findIndex((term) => hasTerm(text, term))),
};

const flatCodes = (value: Dynamic): number[] => (Array.isArray(value) ? value.flatMap(flatCodes) : [Number(value)]);
const FROM_CODES: Udf = {
  name: "kql_from_codepoints",
  params: ["VARCHAR"],
  returns: "VARCHAR",
  fn: (json: string): string => {
    const codes = flatCodes(tryParseDynamic(json) ?? []).slice(0, MAX_LENGTH);
    return codes.map((code) => (isScalar(code) ? String.fromCodePoint(code) : "\uFFFD")).join("");
  },
};
const isScalar = (code: number): boolean =>
  Number.isInteger(code) && code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);

const CODES: Udf = {
  name: "kql_codepoints",
  params: ["VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string): string => `[${[...text].map((char) => char.codePointAt(0)).join(",")}]`,
};

/** Of a row's text, a null place or length gives a null text; of a constant it is taken as 0. */
function nullSubstring([text, ...places]: readonly Argument[]): string | undefined {
  const open = text?.constant === undefined ? places.filter(({ constant }) => (constant ?? null) === null) : [];
  return open.length > 0 ? `(${open.map(({ sql }) => `${sql} IS NULL`).join(" OR ")})` : undefined;
}

function substringSql(args: readonly Argument[]): string {
  const [absent, sql] = [nullSubstring(args), presentSubstring(args)];
  return absent === undefined ? sql : `CASE WHEN ${absent} THEN '' ELSE ${sql} END`;
}

/** The last place that DuckDB can name in a text. */
const MAX_PLACE = 4_294_967_294n;

const most = ({ sql, constant }: Argument): string =>
  typeof constant === "bigint" && constant < MAX_PLACE
    ? sql
    : `CASE WHEN ${sql} > ${MAX_PLACE} THEN ${MAX_PLACE} ELSE ${sql} END`;

function presentSubstring(args: readonly Argument[]): string {
  const start = argument(args, 1);
  const length = args[2];
  const count = length === undefined ? "" : `, greatest(COALESCE(${most(length)}, 0), 0)`;
  if (typeof start.constant === "bigint" && start.constant >= 0n && start.constant < MAX_PLACE)
    return `substr(${sqlOf(args, 0)}, ${start.constant + 1n}${count})`;
  return once(
    sqlOf(args, 0),
    (s) =>
      once(
        `COALESCE(${most(start)}, 0)`,
        (at) =>
          `CASE WHEN ${at} >= 0 THEN substr(${s}, ${at} + 1${count}) WHEN ${at} + length(${s}) < 0 THEN ''` +
          ` ELSE substr(${s}, ${at} + length(${s}) + 1${count}) END`,
        "kql_at",
      ),
    "kql_s",
  );
}

function splitSql(args: readonly Argument[]): string {
  const [text, delimiter] = [sqlOf(args, 0), argument(args, 1)];
  const list =
    constantText(delimiter) === undefined
      ? `CASE WHEN ${delimiter.sql} = '' THEN [${text}] ELSE string_split(${text}, ${delimiter.sql}) END`
      : constantText(delimiter) === ""
        ? `[${text}]`
        : `string_split(${text}, ${delimiter.sql})`;
  if (args.length < 3) return `to_json(${list})::VARCHAR`;
  const index = sqlOf(args, 2);
  return once(
    list,
    (x) => `CASE WHEN ${index} >= 0 AND ${index} < len(${x}) THEN to_json([${x}[${index} + 1]])::VARCHAR END`,
  );
}

/** No end of the text is also its start: occurrences cannot overlap. */
const isBorderless = (text: string): boolean =>
  text !== "" && !Array.from({ length: text.length - 1 }, (_, i) => i + 1).some((n) => text.endsWith(text.slice(0, n)));

function countofSql(args: readonly Argument[]): string {
  const fixed = constantText(args[1]);
  if (fixed !== undefined && isBorderless(fixed) && constantText(args[2])?.toLowerCase() !== "regex")
    return once(
      sqlOf(args, 0),
      (s) => `((strlen(${s}) - strlen(replace(${s}, ${literal(fixed)}, ''))) // ${Buffer.byteLength(fixed)})::BIGINT`,
    );
  if (constantText(args[2])?.toLowerCase() !== "regex") return `kql_countof(${sqlOf(args, 0)}, ${sqlOf(args, 1)})`;
  const pattern = constantText(args[1]);
  return `len(regexp_extract_all(${sqlOf(args, 0)}, ${pattern === undefined ? sqlOf(args, 1) : literal(rewriteRegex(pattern).pattern)}, 0))::BIGINT`;
}

/** The replacement list is stretched with its last character, or everything found is dropped when it is empty. */
function translateSql(args: readonly Argument[]): string {
  const [search, replacement, source] = [argument(args, 0), argument(args, 1), sqlOf(args, 2)];
  const [from, to] = [constantText(search), constantText(replacement)];
  if (from === undefined || to === undefined)
    return `translate(${source}, ${search.sql}, rpad(${replacement.sql}, CASE WHEN ${replacement.sql} = '' THEN 0 ELSE length(${search.sql}) END::INTEGER, COALESCE(NULLIF(right(${replacement.sql}, 1), ''), ' ')))`;
  const chars = [...to];
  const stretched = [...from].map((_, i) => chars[Math.min(i, chars.length - 1)] ?? "").join("");
  return `translate(${source}, ${literal(from)}, ${literal(stretched)})`;
}

const repeatSql = (args: readonly Argument[]): string => {
  const copies = `greatest(least(COALESCE(${sqlOf(args, 1)}, 0), ${MAX_COPIES}), 0)`;
  if (args.length < 3)
    return once(sqlOf(args, 0), (s) => `repeat(${s}, least(${copies}, ${MAX_LENGTH} // greatest(strlen(${s}), 1)))`);
  return once(
    `${sqlOf(args, 2)} || ${sqlOf(args, 0)}`,
    (s) =>
      `substr(repeat(${s}, least(${copies}, ${MAX_LENGTH} // greatest(strlen(${s}), 1))), length(${sqlOf(args, 2)}) + 1)`,
  );
};

function strcatArraySql(args: readonly Argument[]): string {
  const delimiter = argument(args, 1);
  const joined = (list: string): string =>
    delimiter.constant === undefined
      ? `COALESCE(list_reduce(${list}, lambda kql_a, kql_b: kql_a || ${delimiter.sql} || kql_b), '')`
      : `array_to_string(${list}, ${delimiter.sql})`;
  const items = (x: string): string =>
    `list_transform(from_json(${x}, '["VARCHAR"]'), lambda kql_e: COALESCE(kql_e, ''))`;
  return once(sqlOf(args, 0), (x) => `CASE WHEN starts_with(${x}, '[') THEN ${joined(items(x))} ELSE '' END`);
}

const joinTexts = (args: readonly Argument[]): string => args.map((arg) => toText(arg.sql, arg.type)).join(", ");
const STRING = { type: "string" } as const;
const simple = (
  names: readonly string[],
  returns: "string" | "long" | "bool" | "dynamic",
  sql: string,
  docs: string,
  parameters = 1,
): ScalarFunction => ({
  names,
  params: Array.from({ length: parameters }, () => STRING),
  returns,
  sql,
  docs,
});

export default [
  {
    names: ["strlen"],
    params: [STRING],
    returns: "long",
    sql: ([text]) =>
      text?.nullText ? `CASE WHEN NOT ${text.nullText} THEN length(${text.sql}) END` : `length(${text?.sql})`,
    docs: "strlen-function",
  },
  simple(["string_size"], "long", "strlen($1)::BIGINT", "string-size-function"),
  simple(["toupper"], "string", "upper($1)", "toupper-function"),
  simple(["tolower"], "string", "lower($1)", "tolower-function"),
  simple(["reverse"], "string", "reverse($1)", "reverse-function"),
  simple(["isascii"], "bool", "(strlen($1) = length($1))", "isascii-function"),
  simple(["isutf8"], "bool", "($1 IS NOT NULL)", "isutf8-function"),
  simple(["strcmp"], "long", "CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END::BIGINT", "strcmp-function", 2),
  simple(["replace_string"], "string", "replace($1, $2, $3)", "replace-string-function", 3),
  {
    names: ["strcat"],
    params: [{ type: "any", rest: true }],
    returns: "string",
    sql: (args) => `concat(${joinTexts(args)})`,
    udfs: CONVERSION_UDFS,
    docs: "strcat-function",
  },
  {
    names: ["strcat_delim"],
    params: [{ type: "string" }, { type: "any", rest: true }],
    returns: "string",
    sql: (args) => `concat_ws(${sqlOf(args, 0)}, ${joinTexts(args.slice(1))})`,
    udfs: CONVERSION_UDFS,
    docs: "strcat-delim-function",
  },
  {
    names: ["strcat_array", "array_strcat"],
    params: [{ type: "dynamic" }, { type: "string" }],
    returns: "string",
    sql: strcatArraySql,
    docs: "strcat-array-function",
  },
  {
    names: ["strrep"],
    params: [STRING, { type: "long" }, { type: "string", optional: true }],
    returns: "string",
    sql: repeatSql,
    docs: "strrep-function",
  },
  {
    names: ["substring"],
    params: [STRING, { type: "long" }, { type: "long", optional: true }],
    returns: "string",
    sql: substringSql,
    nullText: nullSubstring,
    docs: "substring-function",
  },
  {
    names: ["indexof"],
    params: [
      STRING,
      STRING,
      { type: "long", optional: true },
      { type: "long", optional: true },
      { type: "long", optional: true },
    ],
    returns: "long",
    sql: (args) => {
      const [text, lookup] = [sqlOf(args, 0), sqlOf(args, 1)];
      if (args.length === 2) return `CASE WHEN ${lookup} = '' THEN NULL ELSE instr(${text}, ${lookup}) - 1 END`;
      return `kql_indexof(${text}, ${lookup}, ${sqlOf(args, 2)}, ${args[3]?.sql ?? "-1"}, ${args[4]?.sql ?? "1"})`;
    },
    udfs: [INDEXOF],
    docs: "indexof-function",
  },
  {
    names: ["countof"],
    params: [STRING, STRING, { type: "string", optional: true, constant: true }],
    returns: "long",
    sql: countofSql,
    udfs: [COUNTOF],
    docs: "countof-function",
  },
  {
    names: ["split"],
    params: [STRING, STRING, { type: "long", optional: true }],
    returns: "dynamic",
    sql: splitSql,
    docs: "split-function",
  },
  {
    names: ["replace_strings"],
    params: [STRING, { type: "dynamic" }, { type: "dynamic" }],
    returns: "string",
    sql: "COALESCE(kql_replace_strings($1, $2, $3), $1)",
    udfs: [REPLACE_STRINGS],
    docs: "replace-strings-function",
  },
  {
    names: ["translate"],
    params: [STRING, STRING, STRING],
    returns: "string",
    sql: translateSql,
    docs: "translate-function",
  },
  {
    names: ["has_any_index"],
    params: [STRING, { type: "dynamic" }],
    returns: "long",
    sql: "kql_has_any_index($1, $2)",
    udfs: [HAS_ANY_INDEX],
    docs: "has-any-index-function",
  },
  {
    names: ["unicode_codepoints_from_string", "to_utf8"],
    params: [STRING],
    returns: "dynamic",
    sql: "kql_codepoints($1)",
    udfs: [CODES],
    docs: "unicode-codepoints-from-string-function",
  },
  {
    names: ["unicode_codepoints_to_string", "make_string"],
    params: [{ type: "any", rest: true }],
    returns: "string",
    sql: (args) =>
      `kql_from_codepoints('[' || concat_ws(',', ${args.map((arg) => toElement(arg.sql, arg.type)).join(", ")}) || ']')`,
    udfs: [FROM_CODES, ...CONVERSION_UDFS],
    docs: "unicode-codepoints-to-string-function",
  },
  {
    names: ["estimate_data_size"],
    params: [{ type: "any", rest: true }],
    returns: "long",
    sql: (args) => `(${args.map((arg) => dataSize(arg)).join(" + ")})::BIGINT`,
    udfs: CONVERSION_UDFS,
    docs: "estimate-data-size-function",
  },
] satisfies ScalarFunction[];

const FIXED_SIZES: Readonly<Record<string, number>> = {
  bool: 1,
  int: 4,
  long: 8,
  real: 8,
  datetime: 8,
  timespan: 8,
};
function dataSize(arg: Argument): string {
  const fixed = FIXED_SIZES[arg.type] ?? (arg.type === "guid" || arg.type === "decimal" ? 16 : undefined);
  return fixed === undefined ? `strlen(${convert(arg.sql, arg.type, "string")})` : String(fixed);
}
