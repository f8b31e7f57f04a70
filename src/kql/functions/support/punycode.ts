/** Parameters of RFC 3492. */
const [BASE, T_MIN, T_MAX, SKEW, DAMP, INITIAL_BIAS, INITIAL_N] = [36, 1, 26, 38, 700, 72, 128];
const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";
const LAST = 0x10ffff;
/** No label is longer; the work grows with the square of the length. */
const MAX_LABEL = 4096;

function adapt(delta: number, points: number, first: boolean): number {
  let value = first ? Math.floor(delta / DAMP) : delta >> 1;
  value += Math.floor(value / points);
  let k = 0;
  for (; value > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) value = Math.floor(value / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * value) / (value + SKEW));
}

const threshold = (k: number, bias: number): number => Math.min(Math.max(k - bias, T_MIN), T_MAX);

function writeInteger(value: number, bias: number): string {
  let out = "";
  let rest = value;
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias);
    if (rest < t) return out + DIGITS.charAt(rest);
    out += DIGITS.charAt(t + ((rest - t) % (BASE - t)));
    rest = Math.floor((rest - t) / (BASE - t));
  }
}

/** Punycode of a text, without the `xn--`. */
export function encodePunycode(text: string): string {
  if (text.length > MAX_LABEL) return "";
  const points = [...text].map((char) => char.codePointAt(0) ?? 0);
  let out = points
    .filter((point) => point < INITIAL_N)
    .map((point) => String.fromCharCode(point))
    .join("");
  const basic = out.length;
  let handled = basic;
  if (basic > 0) out += "-";
  let [n, delta, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      out += writeInteger(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return out;
}

/** The text of a punycode without `xn--`, or undefined when it is none. */
export function decodePunycode(encoded: string): string | undefined {
  if (encoded.length > MAX_LABEL) return undefined;
  const split = encoded.lastIndexOf("-");
  const points = [...encoded.slice(0, Math.max(split, 0))].map((char) => char.charCodeAt(0));
  let [n, i, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  for (let at = split + 1; at < encoded.length; ) {
    const before = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = DIGITS.indexOf(encoded.charAt(at++).toLowerCase());
      if (digit < 0 || encoded.charAt(at - 1) === "") return undefined;
      i += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= BASE - t;
    }
    bias = adapt(i - before, points.length + 1, before === 0);
    n += Math.floor(i / (points.length + 1));
    if (n > LAST || (n >= 0xd800 && n <= 0xdfff)) return undefined;
    i %= points.length + 1;
    points.splice(i++, 0, n);
  }
  return String.fromCodePoint(...points);
}
