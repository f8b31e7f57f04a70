import { UsageError } from "../core/errors.ts";
import { canonicalJson } from "../core/text/json.ts";

/**
 * A value that has a canonical form: what log values may hold and RFC 8785 refuses is replaced, unpaired surrogates by
 * U+FFFD and non-finite numbers by their names.
 */
export function representable(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(representable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), representable(member)]));
}

export const canonical = (value: unknown): string => canonicalJson(representable(value));

const STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

const countKeys = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce<number>(
        (sum, member) => sum + countKeys(member),
        Array.isArray(value) ? 0 : Object.keys(value).length,
      )
    : 0;

/** JSON in which no object names a key twice: readers disagree on which of the two counts. Throws `UsageError`. */
export function parseExact(text: string, file: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is not JSON.`, [], { cause });
  }
  const written = [...text.matchAll(STRING)].filter(([, colon]) => colon !== undefined).length;
  if (written !== countKeys(value)) throw new UsageError(`${file} names a key of an object twice.`);
  return value;
}

const characters = (text: string): string => [...text.replaceAll(/\s/g, "")].sort().join("");

/**
 * Whether JSON text is the canonical form of its value but for white space and the order of members. An escape that is
 * spelt in another way means the same and is still a change.
 */
export const isRearranged = (text: string, value: unknown): boolean =>
  characters(text) === characters(canonical(value));
