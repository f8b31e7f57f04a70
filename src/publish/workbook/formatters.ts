import { STAGE_TITLES, STATE_TITLES, STATES, type Stage, type State } from "../../core/maturity.ts";
import type { Formatter } from "./items.ts";

/** `columnMatch` is a regular expression; ours match one name. */
const only = (column: string): string => `^${column}$`;

const formatter = (
  column: string,
  kind: number,
  formatOptions?: Readonly<Record<string, unknown>>,
  numberFormat?: Readonly<Record<string, unknown>>,
): Formatter => ({
  columnMatch: only(column),
  formatter: kind,
  ...(formatOptions && { formatOptions }),
  ...(numberFormat && { numberFormat }),
});

export const plain = (column: string): Formatter => formatter(column, 1);
export const hidden = (column: string): Formatter => formatter(column, 5);
export const date = (column: string): Formatter => formatter(column, 6);

/** A fraction as a percentage. */
export const percent = (column: string): Formatter =>
  formatter(column, 0, undefined, { unit: 0, options: { style: "percent", maximumFractionDigits: 2 } });

/** A count with a bar, blue from 0 to the largest. */
export const bar = (column: string): Formatter => formatter(column, 3, { palette: "blue", min: 0 });

/** Long or structured text behind a click. */
export const details = (column: string, linkLabel: string): Formatter =>
  formatter(column, 7, { linkTarget: "CellDetails", linkLabel, linkIsContextBlade: true });

/** An address that the query has made. */
export const url = (column: string, linkLabel: string): Formatter =>
  formatter(column, 7, { linkTarget: "Url", linkLabel });

type Choices = readonly (readonly [value: string, representation: string])[];

/** One representation per value; the text stays, so that no meaning hangs on a colour alone. */
const thresholds = (column: string, kind: "icons" | "colors", choices: Choices, rest: string): Formatter =>
  formatter(column, 18, {
    thresholdsOptions: kind,
    thresholdsGrid: [
      ...choices.map(([thresholdValue, representation]) => ({
        operator: "==",
        thresholdValue,
        representation,
        text: "{0}{1}",
      })),
      { operator: "Default", thresholdValue: null, representation: rest, text: "{0}{1}" },
    ],
  });

const STATE_ICONS: Readonly<Record<State, string>> = {
  met: "success",
  excepted: "info",
  not_met: "4",
  insufficient: "unknown",
  absent: "unknown",
  stale: "warning",
  partial: "warning",
};

export const stateIcon = (column: string): Formatter =>
  thresholds(
    column,
    "icons",
    STATES.map((state) => [STATE_TITLES[state], STATE_ICONS[state]]),
    "unknown",
  );

const STAGE_COLOURS: Readonly<Record<Stage, string>> = {
  traditional: "redBright",
  initial: "orange",
  intermediate: "blue",
  optimal: "green",
  not_assessable: "gray",
};

export const stageColour = (column: string): Formatter =>
  thresholds(
    column,
    "colors",
    Object.entries(STAGE_COLOURS).map(([stage, colour]) => [STAGE_TITLES[stage as Stage], colour]),
    "gray",
  );

export const freshness = (column: string): Formatter =>
  thresholds(
    column,
    "icons",
    [
      ["fresh", "success"],
      ["late", "warning"],
      ["missing", "4"],
    ],
    "unknown",
  );

export const completeness = (column: string): Formatter =>
  thresholds(
    column,
    "icons",
    [
      ["complete", "success"],
      ["partial", "warning"],
    ],
    "unknown",
  );

export const change = (column: string): Formatter =>
  thresholds(
    column,
    "icons",
    [
      ["better", "success"],
      ["worse", "4"],
      ["changed", "info"],
    ],
    "unknown",
  );
