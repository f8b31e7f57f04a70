import { CONVERSION_UDFS, toElement } from "./support/convert.ts";
import { ANY, LONG, optional, rest, TEXT } from "./support/entry.ts";
import {
  formatIpv4,
  formatIpv6,
  masked4,
  masked6,
  parseIpv4,
  parseIpv6,
  parseMapped,
  remembered,
} from "./support/ip.ts";
import { textOf, tryParseDynamic, writeDynamic } from "./support/json.ts";
import { argument, sqlOf, sqlOr } from "./support/sql.ts";
import { hasTerm } from "./support/terms.ts";
import type { Argument, Parameter, ScalarFunction, Udf, UdfType, UdfValue } from "./types.ts";

const range4 = remembered(parseIpv4);
const range6 = remembered(parseMapped);

/** Texts of a range argument list: strings, arrays, or both, as one JSON array. */
const textList = remembered((json: string): string[] => {
  const value = tryParseDynamic(json);
  return (Array.isArray(value) ? value.flat() : []).map(textOf);
});
const listSql = (args: readonly Argument[], from: number): string =>
  `'[' || concat_ws(',', ${args
    .slice(from)
    .map((arg) => toElement(arg.sql, arg.type))
    .join(", ")}) || ']'`;

const order = (a: number | bigint, b: number | bigint): bigint => (a < b ? -1n : a > b ? 1n : 0n);

/** -1, 0 or 1 of the two addresses under the shorter of the prefixes. */
function compare4(a: string, b: string, prefix: bigint): bigint | null {
  const [x, y] = [parseIpv4(a), range4(b)];
  if (!x || !y || prefix < 0n || prefix > 32n) return null;
  const bits = Math.min(x.prefix, y.prefix, Number(prefix));
  return order(masked4(x.value, bits), masked4(y.value, bits));
}

function compare6(a: string, b: string, prefix: bigint): bigint | null {
  const [x, y] = [parseMapped(a), range6(b)];
  if (!x || !y || prefix < 0n || prefix > 128n) return null;
  const bits = Math.min(
    x.prefix,
    y.prefix,
    parseIpv4(a) && parseIpv4(b) && prefix <= 32n ? Number(prefix) + 96 : Number(prefix),
  );
  return order(masked6(x.value, bits), masked6(y.value, bits));
}

/** An address lies in a range when the range's own prefix covers it. */
const inRange4 = (ip: string, range: string): boolean | null => {
  const [x, y] = [parseIpv4(ip), range4(range)];
  return x && y ? masked4(x.value, y.prefix) === masked4(y.value, y.prefix) : null;
};
const inRange6 = (ip: string, range: string): boolean | null => {
  const [x, y] = [parseMapped(ip), range6(range)];
  return x && y ? masked6(x.value, y.prefix) === masked6(y.value, y.prefix) : null;
};

const inAny =
  (inRange: (ip: string, range: string) => boolean | null) =>
  (ip: string, ranges: string): boolean | null => {
    const results = textList(ranges).map((range) => inRange(ip, range));
    if (results.includes(true)) return true;
    return results.includes(null) ? null : false;
  };

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((text) => parseIpv4(text));
function isPrivate(text: string): boolean | null {
  const ip = parseIpv4(text);
  if (!ip) return null;
  const value = masked4(ip.value, ip.prefix);
  return PRIVATE.some((net) => net !== undefined && masked4(value, net.prefix) === net.value);
}

const address4 = (text: string): { value: number; prefix: number } | undefined =>
  /^\d+$/.test(text) && Number(text) <= 0xffffffff ? { value: Number(text), prefix: 32 } : parseIpv4(text);

const format4 =
  (withMask: boolean) =>
  (text: string, prefix: bigint): string => {
    const ip = address4(text);
    if (!ip || prefix < 0n || prefix > 32n) return "";
    const bits = Math.min(ip.prefix, Number(prefix));
    return formatIpv4(masked4(ip.value, bits)) + (withMask ? `/${bits}` : "");
  };

const canonical6 = (text: string, prefix: bigint): string => {
  const ip = parseMapped(text);
  return !ip || prefix < 0n || prefix > 128n ? "" : formatIpv6(masked6(ip.value, Math.min(ip.prefix, Number(prefix))));
};

const plain6 = (text: string): string => {
  const ip = parseIpv6(text);
  return ip ? formatIpv6(masked6(ip.value, ip.prefix)) : "";
};

/** The fewest networks that make up the addresses from the first to the last. */
function cidrList(first: string, last: string): string | null {
  const [a, b] = [parseIpv4(first), parseIpv4(last)];
  if (!a || !b || a.value > b.value) return null;
  const networks: string[] = [];
  for (let at = a.value; at <= b.value; ) {
    let bits = 32;
    while (bits > 0 && masked4(at, bits - 1) === at && at + 2 ** (33 - bits) - 1 <= b.value) bits--;
    networks.push(`${formatIpv4(at)}/${bits}`);
    at += 2 ** (32 - bits);
  }
  return writeDynamic(networks);
}

const CANDIDATE = /(?<![\p{L}\p{N}])(?=(\d{1,3}(?:\.\d{1,3}){3})(?![\p{L}\p{N}]))/gu;
const isIpv4 = (text: string): boolean => parseIpv4(text) !== undefined && !text.includes("/");
const hasAny4 = (text: string, ips: string): boolean => textList(ips).some((ip) => isIpv4(ip) && hasTerm(text, ip));
function hasAnyPrefix4(text: string, prefixes: string): boolean {
  const wanted = textList(prefixes).filter((prefix) => isIpv4(prefix) || /^(\d{1,3}\.){1,3}$/.test(prefix));
  if (wanted.length === 0) return false;
  const found = [...text.matchAll(CANDIDATE)].map((match) => match[1] ?? "").filter(isIpv4);
  return found.some((ip) => wanted.some((prefix) => (prefix.endsWith(".") ? ip.startsWith(prefix) : ip === prefix)));
}

const RESULT: Readonly<Record<"bool" | "long" | "string" | "dynamic", UdfType>> = {
  bool: "BOOLEAN",
  long: "BIGINT",
  string: "VARCHAR",
  dynamic: "VARCHAR",
};

interface Shape {
  readonly params: readonly Parameter[];
  readonly udfParams: readonly UdfType[];
  readonly render: (args: readonly Argument[]) => string;
}
const TWO: Shape = {
  params: [TEXT, TEXT],
  udfParams: ["VARCHAR", "VARCHAR"],
  render: (args) => args.map((a) => a.sql).join(", "),
};
const ONE: Shape = {
  params: [TEXT],
  udfParams: ["VARCHAR"],
  render: (args) => sqlOf(args, 0),
};
const LIST: Shape = {
  params: [TEXT, rest(ANY)],
  udfParams: ["VARCHAR", "VARCHAR"],
  render: (args) => `${sqlOf(args, 0)}, ${listSql(args, 1)}`,
};
const prefixed = (addresses: number, most: number): Shape => ({
  params: [...new Array<Parameter>(addresses).fill(TEXT), optional(LONG)],
  udfParams: [...new Array<UdfType>(addresses).fill("VARCHAR"), "BIGINT"],
  render: (args) =>
    [...args.slice(0, addresses).map((arg) => arg.sql), sqlOr(args, addresses, `${most}::BIGINT`)].join(", "),
});

const entry = (
  name: string,
  shape: Shape,
  returns: "bool" | "long" | "string" | "dynamic",
  fn: (...args: never[]) => UdfValue,
  more: Partial<ScalarFunction> = {},
): ScalarFunction => {
  const udf: Udf = {
    name: `kql_${name}`,
    params: shape.udfParams,
    returns: RESULT[returns],
    fn,
  };
  const call = (args: readonly Argument[]): string => `${udf.name}(${shape.render(args)})`;
  return {
    names: [name],
    params: shape.params,
    returns,
    sql: returns === "string" ? (args) => `COALESCE(${call(args)}, '')` : call,
    udfs: [udf, ...CONVERSION_UDFS],
    docs: `${name.replaceAll("_", "-")}-function`,
    ...more,
  };
};

const value4 = (text: string): bigint | null => {
  const ip = parseIpv4(text);
  return ip ? BigInt(masked4(ip.value, ip.prefix)) : null;
};
const suffix4 = (text: string): bigint | null => {
  const ip = parseIpv4(text);
  return ip ? BigInt(ip.prefix) : null;
};
const masked = (text: string, prefix: bigint): bigint | null => {
  const ip = parseIpv4(text);
  return ip && prefix >= 0n && prefix <= 32n ? BigInt(masked4(ip.value, Math.min(ip.prefix, Number(prefix)))) : null;
};
const equal =
  (compare: (a: string, b: string, prefix: bigint) => bigint | null) => (a: string, b: string, prefix: bigint) => {
    const result = compare(a, b, prefix);
    return result === null ? null : result === 0n;
  };

/** These take a number as well as text. */
const formatParams = { params: [ANY, optional(LONG)] };
const formatShape: Shape = {
  ...prefixed(1, 32),
  render: (args) => `${argument(args, 0).sql}::VARCHAR, ${sqlOr(args, 1, "32::BIGINT")}`,
};

export default [
  entry("parse_ipv4", ONE, "long", value4),
  entry("parse_ipv4_mask", prefixed(1, 32), "long", masked),
  entry("parse_ipv6", ONE, "string", plain6),
  entry("parse_ipv6_mask", prefixed(1, 128), "string", canonical6),
  entry("ipv4_compare", prefixed(2, 32), "long", compare4),
  entry("ipv4_is_match", prefixed(2, 32), "bool", equal(compare4)),
  entry("ipv4_is_in_range", TWO, "bool", inRange4),
  entry("ipv4_is_in_any_range", LIST, "bool", inAny(inRange4)),
  entry("ipv4_is_private", ONE, "bool", isPrivate),
  entry("ipv4_netmask_suffix", ONE, "long", suffix4),
  entry("ipv4_range_to_cidr_list", TWO, "dynamic", cidrList),
  entry("ipv6_compare", prefixed(2, 128), "long", compare6),
  entry("ipv6_is_match", prefixed(2, 128), "bool", equal(compare6)),
  entry("ipv6_is_in_range", TWO, "bool", inRange6),
  entry("ipv6_is_in_any_range", LIST, "bool", inAny(inRange6)),
  entry("format_ipv4", formatShape, "string", format4(false), formatParams),
  entry("format_ipv4_mask", formatShape, "string", format4(true), formatParams),
  entry("has_ipv4", LIST, "bool", hasAny4),
  entry("has_any_ipv4", LIST, "bool", hasAny4),
  entry("has_ipv4_prefix", LIST, "bool", hasAnyPrefix4),
  entry("has_any_ipv4_prefix", LIST, "bool", hasAnyPrefix4),
] satisfies ScalarFunction[];
