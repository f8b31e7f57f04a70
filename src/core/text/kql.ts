/** A KQL string literal. Text with NUL or an unpaired surrogate has none that every engine reads alike: undefined. */
export function kqlString(text: string): string | undefined {
  if (text.includes("\0") || !text.isWellFormed()) return undefined;
  const escaped = text.replace(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : Array.from(
          { length: character.length },
          (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
        ).join(""),
  );
  return `"${escaped}"`;
}
