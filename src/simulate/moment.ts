import type { Dice } from "./dice.ts";
import { DAY, HOUR } from "./types.ts";

/** A moment for an attack: some day of the last third of the span, about an hour of that day. The last day stays free. */
export function momentOf(
  dice: Dice,
  { start, end }: { readonly start: number; readonly end: number },
  hour: number,
): number {
  const last = Math.floor(end / DAY) - 1;
  const first = Math.min(last, Math.ceil((start + (2 * (end - start)) / 3) / DAY));
  return dice.int(first, last) * DAY + hour * HOUR + dice.int(0, HOUR);
}
