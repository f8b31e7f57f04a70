import type { ScalarFunction } from "./types.ts";

const LONG = { type: "long" } as const;
const binary = (name: string, sql: string): ScalarFunction => ({
  names: [name],
  params: [LONG, LONG],
  returns: "long",
  sql,
  docs: `${name.replaceAll("_", "-")}-function`,
});

/** Only the low six bits of a shift count. A left shift drops the bits that leave; a right shift keeps the sign. */
const SHIFT = "($2 & 63)";
const LEFT =
  `CASE WHEN ${SHIFT} = 0 THEN $1 ELSE` +
  ` (($1 & ((1::BIGINT << (63 - ${SHIFT})::INTEGER) - 1)) << ${SHIFT}::INTEGER)` +
  ` + CASE WHEN ($1 >> (63 - ${SHIFT})::INTEGER) & 1 = 1 THEN (-9223372036854775808) ELSE 0 END END`;

export default [
  binary("binary_and", "($1 & $2)"),
  binary("binary_or", "($1 | $2)"),
  binary("binary_xor", "xor($1, $2)"),
  binary("binary_shift_left", LEFT),
  binary("binary_shift_right", `($1 >> ${SHIFT})`),
  {
    names: ["binary_not"],
    params: [LONG],
    returns: "long",
    sql: "(~$1)",
    docs: "binary-not-function",
  },
  {
    names: ["bitset_count_ones"],
    params: [LONG],
    returns: "long",
    sql: "bit_count($1)::BIGINT",
    docs: "bitset-count-ones-function",
  },
] satisfies ScalarFunction[];
