import { UsageError } from "../errors.ts";

/** DuckDB cuts a statement at NUL, and an unpaired surrogate would reach it as another character: both are refused. */
function refuseUnspeakable(text: string, what: string): void {
  const position = text.indexOf("\0");
  if (position >= 0)
    throw new UsageError(`The ${what} contains a NUL character at position ${position + 1}; remove it.`);
  if (!text.isWellFormed()) throw new UsageError(`The ${what} contains an unpaired UTF-16 surrogate; remove it.`);
}

/** A DuckDB identifier in double quotes. Throws `UsageError` for empty text, NUL and unpaired surrogates. */
export function quoteIdentifier(name: string): string {
  if (name === "") throw new UsageError("A column or table has an empty name; give it one.");
  refuseUnspeakable(name, "name");
  return `"${name.replaceAll('"', '""')}"`;
}

/** A DuckDB VARCHAR literal in single quotes; backslash is an ordinary character there. Throws as `quoteIdentifier`. */
export function quoteLiteral(text: string): string {
  refuseUnspeakable(text, "text");
  return `'${text.replaceAll("'", "''")}'`;
}
