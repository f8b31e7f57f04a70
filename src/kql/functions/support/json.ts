/**
 * A dynamic value inside a UDF. Kusto tells long from real, so integers are bigint and reals are number;
 * objects are Maps, which keep key order and have no inherited keys.
 */
export type Dynamic = null | boolean | bigint | number | string | Dynamic[] | Map<string, Dynamic>;

export const isBag = (value: Dynamic): value is Map<string, Dynamic> => value instanceof Map;

const MAX_DEPTH = 512;
const INTEGER = /^-?\d{1,19}$/;
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const SPECIAL = /-?Infinity|NaN/y;
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

class Reader {
  readonly text: string;
  at = 0;
  depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(): never {
    throw new SyntaxError(`not JSON at ${this.at}`);
  }

  skip(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.at++;
    }
  }

  value(): Dynamic {
    this.skip();
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === "{") return this.nested(() => this.bag());
    if (first === "[") return this.nested(() => this.array());
    for (const [word, value] of [
      ["null", null],
      ["true", true],
      ["false", false],
    ] as const)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    return this.number();
  }

  nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) this.fail();
    const value = read();
    this.depth--;
    return value;
  }

  string(): string {
    const start = this.at;
    let end = start + 1;
    let escaped = false;
    for (;;) {
      const code = this.text.charCodeAt(end);
      if (Number.isNaN(code)) this.fail();
      if (code === 34) break;
      if (code === 92) {
        escaped = true;
        end++;
      }
      end++;
    }
    this.at = end + 1;
    return escaped ? (JSON.parse(this.text.slice(start, this.at)) as string) : this.text.slice(start + 1, end);
  }

  number(): bigint | number {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined) return this.special();
    this.at += found.length;
    if (INTEGER.test(found)) {
      const whole = BigInt(found);
      if (whole >= LONG_MIN && whole <= LONG_MAX) return whole;
    }
    return Number(found);
  }

  special(): number {
    SPECIAL.lastIndex = this.at;
    const found = SPECIAL.exec(this.text)?.[0] ?? this.fail();
    this.at += found.length;
    return Number(found);
  }

  array(): Dynamic[] {
    const items: Dynamic[] = [];
    this.at++;
    this.skip();
    if (this.text[this.at] === "]") {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value());
      this.skip();
      const next = this.text[this.at++];
      if (next === "]") return items;
      if (next !== ",") this.fail();
    }
  }

  bag(): Map<string, Dynamic> {
    const bag = new Map<string, Dynamic>();
    this.at++;
    this.skip();
    if (this.text[this.at] === "}") {
      this.at++;
      return bag;
    }
    for (;;) {
      this.skip();
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      this.skip();
      if (this.text[this.at++] !== ":") this.fail();
      bag.set(key, this.value());
      this.skip();
      const next = this.text[this.at++];
      if (next === "}") return bag;
      if (next !== ",") this.fail();
    }
  }
}

/** The value of a JSON text. Throws `SyntaxError`. */
export function parseDynamic(text: string): Dynamic {
  const reader = new Reader(text);
  const value = reader.value();
  reader.skip();
  if (reader.at !== text.length) reader.fail();
  return value;
}

/** The value of a JSON text, or undefined when it is none. */
export function tryParseDynamic(text: string): Dynamic | undefined {
  try {
    return parseDynamic(text);
  } catch {
    return undefined;
  }
}

/** Text of a real as it stands in JSON: always with a fraction or an exponent. */
export function realJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = String(value).replace("e+", "e");
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

/** Compact JSON text. */
export function writeDynamic(value: Dynamic): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return realJson(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(writeDynamic).join(",")}]`;
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${writeDynamic(item)}`).join(",")}}`;
}

/** What SQL stores: JSON null is SQL NULL. */
export const store = (value: Dynamic | undefined): string | null =>
  value === undefined || value === null ? null : writeDynamic(value);

/** The text of a value as `tostring` gives it: a string without quotes, null as nothing. */
export const textOf = (value: Dynamic): string =>
  value === null ? "" : typeof value === "string" ? value : writeDynamic(value);

/** Numbers of a JSON array; null, text that is no number and nested values give NaN. Undefined when it is no array. */
export function numbersOf(text: string): number[] | undefined {
  const value = tryParseDynamic(text);
  return Array.isArray(value) ? value.map(numberOf) : undefined;
}

export const numberOf = (value: Dynamic): number =>
  typeof value === "number" || typeof value === "bigint"
    ? Number(value)
    : typeof value === "boolean"
      ? Number(value)
      : value === "Infinity"
        ? Number.POSITIVE_INFINITY
        : value === "-Infinity"
          ? Number.NEGATIVE_INFINITY
          : Number.NaN;

/** A total equality on values: long 1 and real 1.0 are equal, arrays and bags by content. */
export const keyOf = (value: Dynamic): string =>
  typeof value === "number" && Number.isInteger(value) ? String(value) : writeDynamic(value);
