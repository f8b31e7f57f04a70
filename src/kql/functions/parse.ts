import { ANY, jsonFunction, optional, REAL, TEXT } from "./support/entry.ts";
import { type Dynamic, store, textOf, tryParseDynamic } from "./support/json.ts";
import { parseUserAgent } from "./support/user-agent.ts";
import { parseXml } from "./support/xml.ts";
import type { ScalarFunction, Udf } from "./types.ts";

/** Parameters without a value are left out; one that repeats becomes an array. */
function queryParameters(query: string): Map<string, Dynamic> {
  const bag = new Map<string, Dynamic>();
  for (const part of query.replace(/^\?/, "").split("&")) {
    const equals = part.indexOf("=");
    const [key, value] = [part.slice(0, equals), part.slice(equals + 1)];
    if (equals < 1 || value === "") continue;
    const known = bag.get(key);
    if (known === undefined) bag.set(key, value);
    else if (Array.isArray(known)) known.push(value);
    else bag.set(key, [known, value]);
  }
  return bag;
}

const URL_PARTS =
  /^([A-Za-z][\w+.-]*):\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function parseUrl(url: string): Dynamic {
  const [, scheme = "", user = "", password = "", host = "", port = "", path = "", query, fragment] =
    URL_PARTS.exec(url) ?? [];
  const onlyRoot = path === "/" && query === undefined && fragment === undefined;
  return new Map<string, Dynamic>([
    ["Scheme", scheme],
    ["Host", host],
    ["Port", port],
    ["Path", onlyRoot ? "" : path],
    ["Username", user],
    ["Password", password],
    ["Query Parameters", queryParameters(query ?? "")],
    ["Fragment", fragment ?? ""],
  ]);
}

function parsePath(path: string): Dynamic {
  const [, scheme = "", rest = path] = /^([A-Za-z][\w+.-]*):\/\/(.*)$/s.exec(path) ?? [];
  const root = /^[A-Za-z]:/.exec(rest)?.[0] ?? "";
  const colon = rest.indexOf(":", root.length);
  const stream = colon < 0 ? "" : rest.slice(colon + 1);
  const body = colon < 0 ? rest : rest.slice(0, colon);
  const slash = Math.max(body.lastIndexOf("/"), body.lastIndexOf("\\"));
  const directory = body.slice(0, Math.max(slash, 0));
  const file = body.slice(slash + 1);
  const dot = file.lastIndexOf(".");
  return new Map<string, Dynamic>([
    ["Scheme", scheme],
    ["RootPath", root],
    ["DirectoryPath", directory],
    ["DirectoryName", directory.slice(Math.max(directory.lastIndexOf("/"), directory.lastIndexOf("\\")) + 1)],
    ["Filename", file],
    ["Extension", dot < 0 ? "" : file.slice(dot + 1)],
    ["AlternateDataStreamName", stream],
  ]);
}

/** The first record of comma-separated values; quotes are doubled inside quotes. */
function parseCsv(text: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted && char === '"' && text[at + 1] === '"') field += text.charAt(at++);
    else if (char === '"' && (quoted || field === "")) quoted = !quoted;
    else if (quoted || (char !== "," && char !== "\n" && char !== "\r")) field += char;
    else if (char === ",") {
      fields.push(field);
      field = "";
    } else break;
  }
  return [...fields, field];
}

/** Arguments as Windows splits them: 2n backslashes before a quote give n, an odd one keeps the quote. */
function parseCommandLine(line: string): string[] {
  const found: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (char === "\\") {
      const run = /^\\+/.exec(line.slice(at))?.[0].length ?? 1;
      const beforeQuote = line[at + run] === '"';
      current = (current ?? "") + "\\".repeat(beforeQuote ? Math.floor(run / 2) : run);
      at += run - 1;
      if (beforeQuote && run % 2 === 1) {
        current += '"';
        at++;
      }
    } else if (char === '"') {
      if (quoted && line[at + 1] === '"') current += line.charAt(at++);
      else quoted = !quoted;
      current ??= "";
    } else if (!quoted && (char === " " || char === "\t")) {
      if (current !== undefined) found.push(current);
      current = undefined;
    } else current = (current ?? "") + char;
  }
  return current === undefined ? found : [...found, current];
}

const textFunction = (
  names: readonly string[],
  fn: (text: string) => Dynamic | undefined,
  docs: string,
): ScalarFunction => {
  const udf: Udf = {
    name: `kql_${names[0]}`,
    params: ["VARCHAR"],
    returns: "VARCHAR",
    fn: (text: string) => store(fn(text)),
  };
  return { names, params: [TEXT], returns: "dynamic", sql: `${udf.name}($1)`, udfs: [udf], docs };
};

const PARSE_USER_AGENT: Udf = {
  name: "kql_parse_user_agent",
  params: ["VARCHAR", "VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string, targets: string): string | null => {
    const wanted = tryParseDynamic(targets) ?? null;
    return store(parseUserAgent(text, Array.isArray(wanted) ? wanted.map(textOf) : [textOf(wanted)]));
  },
};

const VERSION = /^\d{1,8}(\.\d{1,8}){0,3}$/;
/**
 * Up to four parts of eight digits. The engine's value weighs the last part 1; a stored decimal has 20 digits before
 * the point, so every value is smaller by 10^12, which keeps the order.
 */
const PARSE_VERSION: Udf = {
  name: "kql_parse_version",
  params: ["VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string): string | null => {
    if (!VERSION.test(text.trim())) return null;
    const digits = text
      .trim()
      .split(".")
      .concat("0", "0", "0")
      .slice(0, 4)
      .map((part) => part.padStart(8, "0"))
      .join("");
    return `${digits.slice(0, 20)}.${digits.slice(20)}`;
  },
};

const UNITS = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
function formatBytes([size, precision, unit]: readonly Dynamic[]): Dynamic {
  if (typeof size !== "number") return "";
  const fixed = UNITS.findIndex((name) => name.toLowerCase() === textOf(unit ?? null).toLowerCase());
  let power = fixed;
  if (power < 0) for (power = 0; Math.abs(size) >= 1024 ** (power + 1) && power < UNITS.length - 1; ) power++;
  const places = Math.min(Math.max(Number(precision ?? 0n), 0), 15);
  return `${Number((size / 1024 ** power).toFixed(places))} ${UNITS[power]}`;
}

export default [
  textFunction(["parse_url", "parseurl"], parseUrl, "parse-url-function"),
  textFunction(
    ["parse_urlquery", "parseurlquery"],
    (text) => new Map([["Query Parameters", queryParameters(text)]]),
    "parse-url-query-function",
  ),
  textFunction(["parse_path"], parsePath, "parse-path-function"),
  textFunction(["parse_csv"], (text) => parseCsv(text), "parse-csv-function"),
  textFunction(["parse_xml"], parseXml, "parse-xml-function"),
  {
    ...textFunction(["parse_command_line"], parseCommandLine, "parse-command-line-function"),
    params: [TEXT, { ...TEXT, constant: true }],
  },
  {
    names: ["parse_user_agent"],
    params: [TEXT, ANY],
    returns: "dynamic",
    sql: ([text, targets]) =>
      `kql_parse_user_agent(${text?.sql}, ${targets?.type === "dynamic" ? targets.sql : `to_json(${targets?.sql})::VARCHAR`})`,
    udfs: [PARSE_USER_AGENT],
    docs: "parse-user-agent-function",
  },
  {
    names: ["parse_version"],
    params: [TEXT],
    returns: "decimal",
    sql: "kql_parse_version($1)::DECIMAL(38,18)",
    udfs: [PARSE_VERSION],
    docs: "parse-version-function",
  },
  jsonFunction(["format_bytes"], [REAL, optional({ type: "long" }), optional(TEXT)], "string", formatBytes),
] satisfies ScalarFunction[];
