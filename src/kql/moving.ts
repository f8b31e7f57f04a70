/**
 * One text out of two that differ in some of their numbers alone, such as the SQL of one query at two clocks: `mark` gives
 * what stands for a number that moved. Undefined where something else differs, or a move that has no mark.
 */
export function withMoves(
  first: string,
  second: string,
  numbers: RegExp,
  mark: (first: bigint, second: bigint) => string | undefined,
): string | undefined {
  if (first === second) return first;
  const [left, right] = [first.split(numbers), second.split(numbers)];
  if (left.join("\0") !== right.join("\0")) return undefined;
  const [was, is] = [first.match(numbers) ?? [], second.match(numbers) ?? []];
  let text = left[0] ?? "";
  for (const [i, number] of was.entries()) {
    const other = is[i] ?? "";
    const part = number === other ? number : mark(BigInt(number), BigInt(other));
    if (part === undefined) return undefined;
    text += part + (left[i + 1] ?? "");
  }
  return text;
}
