const SIZES: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** `90 min`, `2.5 d`, `0 s`. */
export function duration(milliseconds: number): string {
  const [size, unit] = SIZES.find(([limit]) => milliseconds >= 2 * limit) ?? ([1000, "s"] as const);
  return `${Number((milliseconds / size).toFixed(1))} ${unit}`;
}

/** Three significant digits below 1000, whole numbers above. */
export const figure = (value: number): string =>
  Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function bytes(value: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${figure(value / 1000 ** power)} ${BYTE_UNITS[power]}`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
