import type { Udf } from "../functions/types.ts";

/** The first value of each row's session; null where the value is null. Rows stand in their order. */
export function sessionStarts<T extends bigint | number>(
  values: readonly (T | null)[],
  restarts: readonly bigint[],
  fromFirst: T,
  between: T,
): (T | null)[] {
  let first: T | null = null;
  let before: T | null = null;
  return values.map((value, i) => {
    if (value === null) return null;
    const apart = first === null || before === null || value - before > between || value - first > fromFirst;
    if (apart || restarts[i] === 1n) first = value;
    before = value;
    return first;
  });
}

export const SESSION_UDFS: readonly Udf[] = [
  {
    name: "kql_sessions_whole",
    params: ["BIGINT[]", "BIGINT[]", "BIGINT", "BIGINT"],
    returns: "BIGINT[]",
    fn: sessionStarts<bigint>,
  },
  {
    name: "kql_sessions_real",
    params: ["DOUBLE[]", "BIGINT[]", "DOUBLE", "DOUBLE"],
    returns: "DOUBLE[]",
    fn: sessionStarts<number>,
  },
];
