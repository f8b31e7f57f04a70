/**
 * Kusto's text of a real: the fewest digits that read back as the same value and, where several texts of 16 or 17
 * digits do, the one farthest from zero; plain notation below 1e21, `.0` after a whole number.
 */
export function realText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const text = String(widest(value)).replace("e+", "e");
  return text.includes("e") || text.includes(".") ? text : `${text}.0`;
}

function widest(value: number): string {
  const text = String(value);
  const [mantissa = "", exponent] = text.split("e");
  const digits = mantissa.replace(/^-?0*\.?0*|\./g, "");
  if (digits.length < 16 || !mantissa.includes(".")) return text;
  let best = text;
  for (let i = 0; i < 9; i++) {
    const next = increment(best.split("e")[0] ?? "");
    const candidate = exponent === undefined ? next : `${next}e${exponent}`;
    if (next === "" || Number(candidate) !== value) return best;
    best = candidate;
  }
  return best;
}

/** Adds one to the last digit; empty when it would carry. */
const increment = (digits: string): string => {
  const last = digits.at(-1) ?? "9";
  return last === "9" ? "" : digits.slice(0, -1) + String(Number(last) + 1);
};
