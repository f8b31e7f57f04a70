import { REAL, TEXT } from "./support/entry.ts";
import { FACTORS, TEMPERATURES } from "./support/units.ts";
import type { ScalarFunction, Udf } from "./types.ts";

type Convert = (value: number, from: string, to: string) => number | null;

/** Null for a unit that does not exist. */
const linear =
  (factors: Readonly<Record<string, number>>): Convert =>
  (value, from, to) => {
    if (!Object.hasOwn(factors, from) || !Object.hasOwn(factors, to)) return null;
    return (value * (factors[from] ?? 1)) / (factors[to] ?? 1);
  };

const temperature: Convert = (value, from, to) => {
  const [source, target] = [TEMPERATURES.get(from), TEMPERATURES.get(to)];
  return source && target ? (value * source.scale + source.zero - target.zero) / target.scale : null;
};

const conversion = (quantity: string, fn: Convert): ScalarFunction => {
  const udf: Udf = { name: `kql_convert_${quantity}`, params: ["DOUBLE", "VARCHAR", "VARCHAR"], returns: "DOUBLE", fn };
  return {
    names: [`convert_${quantity}`],
    params: [REAL, TEXT, TEXT],
    returns: "real",
    sql: `${udf.name}($1, $2, $3)`,
    udfs: [udf],
    docs: `convert-${quantity}-function`,
  };
};

export default [
  ...Object.entries(FACTORS).map(([quantity, factors]) => conversion(quantity, linear(factors))),
  conversion("temperature", temperature),
] satisfies ScalarFunction[];
