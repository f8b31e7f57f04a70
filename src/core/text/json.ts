import { UsageError } from "../errors.ts";

/** Characters that end a line, act on a terminal or hide; JSON can write each of them as an escape without loss. */
const ACTIVE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;
const MARKUP = /[<>&]/g;

const escapeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** JSON on one line that no reader can split or be steered by: safe as NDJSON, in a log and on a terminal. */
export const jsonLine = (value: unknown): string => jsonText(value);

/** As `jsonLine`, with `indent` spaces per level. */
export const jsonText = (value: unknown, indent = 0): string =>
  JSON.stringify(value, undefined, indent).replace(ACTIVE, escapeUnits);

/** JSON for the body of `<script type="application/json">`: no character that could end the script or start markup. */
export const jsonScript = (value: unknown): string => jsonText(value).replace(MARKUP, escapeUnits);

/**
 * The RFC 8785 form of a JSON value: keys in UTF-16 order, no white space, ECMAScript numbers. Throws `UsageError` for
 * what has no such form: NaN, infinities, unpaired surrogates, functions, BigInt. Undefined members are left out.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return canonicalString(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object") throw new UsageError(`A ${typeof value} has no canonical JSON form.`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${canonicalString(key)}:${canonicalJson(member)}`).join(",")}}`;
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new UsageError(`${value} has no canonical JSON form; write it as a string.`);
  return JSON.stringify(value);
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new UsageError("Text with an unpaired UTF-16 surrogate has no canonical JSON form.");
  return JSON.stringify(text);
}
