/** `12,345`: the same on every machine. */
export const integer = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 3 });

/** A share as `91.2 %`, with as many digits as keep it apart from 0 % and 100 %; above 1 the plain number. */
export function share(value: number | null): string {
  if (value === null) return "–";
  if (value > 1 || value < 0) return integer(value);
  const percent = value * 100;
  for (const digits of [1, 2, 3, 4]) {
    const text = percent.toFixed(digits);
    if (Number(text) === percent) return `${percent} %`;
    if (Number(text) !== 0 && Number(text) !== 100) return `${text} %`;
  }
  return percent < 50 ? "< 0.0001 %" : "> 99.9999 %";
}

/** Two shares with the digits that tell them apart, so that 94.97 % never reads as a missed 95 %. */
export function sharesApart(a: number, b: number): readonly [string, string] {
  const plain = [share(a), share(b)] as const;
  if (a === b || Number.parseFloat(plain[0]) !== Number.parseFloat(plain[1])) return plain;
  for (const digits of [2, 3, 4, 6, 8]) {
    const pair = [`${(a * 100).toFixed(digits)} %`, `${(b * 100).toFixed(digits)} %`] as const;
    if (pair[0] !== pair[1]) return pair;
  }
  return plain;
}

/** `90.9–91.4 %`. */
export const bounds = (low: number | null, high: number | null): string =>
  low === null || high === null ? "" : `${share(low).replace(" %", "")}–${share(high)}`;

/** `2026-11-20 12:00:00 UTC` of an ISO 8601 UTC text; any other text is returned as it is. */
export function moment(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?Z$/.exec(iso);
  if (!match) return iso;
  const [, day, minute, second] = match;
  return `${day} ${minute}${second && second !== "00" ? `:${second}` : ""} UTC`;
}

export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${integer(count)} ${count === 1 ? noun : many}`;
