import type { Parameter, ScalarFunction, Udf, UdfType, UdfValue } from "../../types.ts";
import { DYNAMIC, LONG, optional, REAL, TEXT } from "../entry.ts";
import { sqlOf, sqlOr } from "../sql.ts";
import { degreesOf, type Point } from "./vectors.ts";

/** A parameter of a geospatial function; one with a default may be left out. */
export interface GeoParameter {
  readonly parameter: Parameter;
  readonly storage: UdfType;
  readonly otherwise?: string;
}
export const NUMBER: GeoParameter = { parameter: REAL, storage: "DOUBLE" };
export const SHAPE: GeoParameter = { parameter: DYNAMIC, storage: "VARCHAR" };
export const TOKEN: GeoParameter = { parameter: TEXT, storage: "VARCHAR" };
export const WHOLE: GeoParameter = { parameter: LONG, storage: "BIGINT" };
export const FLAG: GeoParameter = { parameter: { type: "bool" }, storage: "BOOLEAN" };
export const or = (given: GeoParameter, otherwise: string): GeoParameter => ({
  ...given,
  parameter: optional(given.parameter),
  otherwise: `${otherwise}::${given.storage}`,
});

const STORAGE = { bool: "BOOLEAN", long: "BIGINT", real: "DOUBLE", string: "VARCHAR", dynamic: "VARCHAR" } as const;

/** A function of stored values. A dynamic result is JSON text; undefined is null, and '' for a string. */
export function geoFunction(
  name: string,
  params: readonly GeoParameter[],
  returns: keyof typeof STORAGE,
  fn: (...args: never[]) => UdfValue | undefined,
): ScalarFunction {
  const udf: Udf = {
    name: `kql_${name}`,
    params: params.map(({ storage }) => storage),
    returns: STORAGE[returns],
    fn: (...args) => fn(...args) ?? null,
  };
  return {
    names: [name],
    params: params.map(({ parameter }) => parameter),
    returns,
    sql: (args) => {
      const values = params.map(({ otherwise }, i) =>
        otherwise === undefined ? sqlOf(args, i) : sqlOr(args, i, otherwise),
      );
      const call = `${udf.name}(${values.join(", ")})`;
      return returns === "string" ? `COALESCE(${call}, '')` : call;
    },
    udfs: [udf],
    docs: `${name.replaceAll("_", "-")}-function`,
  };
}

/** The function, refused where its last argument is more than its default: nothing, zero or false. */
export function withoutArgument(entry: ScalarFunction, reason: string): ScalarFunction {
  const { params, sql, names } = entry;
  return {
    ...entry,
    sql: (args, call) => {
      const last = args[params.length - 1];
      if (last !== undefined && (last.constant === undefined || Number(last.constant) !== 0))
        call.refuse(`${names[0]}() with its last argument is not computed here.`, reason);
      return typeof sql === "function" ? sql(args, call) : sql;
    },
  };
}

/** GeoJSON text. Whole degrees stand without a fraction. */
export const geoJson = (type: string, coordinates: unknown): string => JSON.stringify({ type, coordinates });
export const pointJson = (point: Point): string => geoJson("Point", degreesOf(point));
export const ringDegrees = (ring: readonly Point[]): number[][] => {
  const degrees = ring.map(degreesOf);
  return degrees.length === 0 ? degrees : [...degrees, degrees[0] as number[]];
};
