/** An address as a number of 32 or 128 bits, with the length of its prefix. */
export interface Address<T> {
  readonly value: T;
  readonly prefix: number;
}

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,3}))?$/;

const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
export const masked4 = (value: number, prefix: number): number => (value & maskOf(prefix)) >>> 0;

/** `1.2.3.4` or `1.2.3.4/24`; the bits behind the prefix are kept. */
export function parseIpv4(input: string): Address<number> | undefined {
  const match = IPV4.exec(input.trim());
  if (!match) return undefined;
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  let value = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = Number(match[i]);
    if (byte > 255) return undefined;
    value = value * 256 + byte;
  }
  return prefix > 32 ? undefined : { value, prefix };
}

export const formatIpv4 = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

const ALL = (1n << 128n) - 1n;
export const masked6 = (value: bigint, prefix: number): bigint => value & (ALL ^ ((1n << BigInt(128 - prefix)) - 1n));

const hextets = (text: string): bigint[] | undefined => {
  if (text === "") return [];
  const parts = text.split(":");
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part)) ? parts.map((part) => BigInt(`0x${part}`)) : undefined;
};

const join = (parts: readonly bigint[]): bigint => parts.reduce((value, part) => (value << 16n) | part, 0n);

/** Comparisons take `::a.b.c.d` for `::ffff:a.b.c.d`. */
export function parseMapped(input: string): Address<bigint> | undefined {
  const ip = parseIpv6(input);
  const isCompatible = ip !== undefined && ip.value >> 32n === 0n && /^::\d+\./.test(input.trim());
  return isCompatible ? { ...ip, value: ip.value | (0xffffn << 32n) } : ip;
}

/** An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`; a prefix after dotted notation counts from bit 96. */
export function parseIpv6(input: string): Address<bigint> | undefined {
  const text = input.trim();
  const ipv4 = parseIpv4(text);
  if (ipv4)
    return {
      value: (0xffffn << 32n) | BigInt(ipv4.value),
      prefix: ipv4.prefix + 96,
    };
  const [, body = "", given] = /^([^/%]*)(?:%[^/]*)?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  if (!body.includes(":")) return undefined;
  const tail = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(body);
  const low = tail ? parseIpv4(tail[2] ?? "") : undefined;
  if (tail && !low) return undefined;
  const hex = tail && low ? `${tail[1]}${(low.value >>> 16).toString(16)}:${(low.value & 0xffff).toString(16)}` : body;
  const value = expand(hex);
  const prefix = given === undefined ? 128 : tail ? Number(given) + 96 : Number(given);
  return value === undefined || prefix > 128 ? undefined : { value, prefix };
}

function expand(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = [hextets(halves[0] ?? ""), hextets(halves[1] ?? "")];
  if (!head || !tail) return undefined;
  if (halves.length === 1) return head.length === 8 ? join(head) : undefined;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? undefined : join([...head, ...new Array<bigint>(missing).fill(0n), ...tail]);
}

export const formatIpv6 = (value: bigint): string =>
  (value.toString(16).padStart(32, "0").match(/.{4}/g) ?? []).join(":");

/** The most ranges that are remembered in parsed form. */
const MAX_CACHED = 10_000;

/** Parses each text once: the ranges of a query are few and come with every row. */
export function remembered<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as T;
    if (known.size >= MAX_CACHED) known.clear();
    const parsed = parse(text);
    known.set(text, parsed);
    return parsed;
  };
}
