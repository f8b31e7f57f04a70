import { argumentArray } from "../functions/support/entry.ts";
import { type Dynamic, tryParseDynamic } from "../functions/support/json.ts";
import { countHll, mergeHll } from "../functions/support/sketches.ts";
import type { Udf } from "../functions/types.ts";
import { asType } from "../plan/coerce.ts";
import { extend } from "../plan/context.ts";
import { Names } from "../plan/names.ts";
import type { Plugin } from "./types.ts";

const MOST = 16;
/** With more sketches than this the errors of inclusion and exclusion outgrow the intersection. */
const MOST_ESTIMATED = 8;

/** The hashes of a state that still holds them all. */
function hashesOf(state: Dynamic): ReadonlySet<Dynamic> | undefined {
  const content = Array.isArray(state) && state[0] === "hll" ? state[1] : undefined;
  return Array.isArray(content) ? new Set(content) : undefined;
}

/** |A ∩ B ∩ …| from the sizes of all unions. */
function estimated(states: readonly Dynamic[]): bigint | null {
  if (states.length > MOST_ESTIMATED) return null;
  let sum = 0n;
  for (let subset = 1; subset < 2 ** states.length; subset++) {
    const chosen = states.filter((_, i) => subset & (1 << i));
    const size = countHll(mergeHll(chosen));
    if (size === null) return null;
    sum += chosen.length % 2 === 1 ? size : -size;
  }
  return sum < 0n ? 0n : sum;
}

/** The sizes of S₁, S₁ ∩ S₂, … as an array. */
function intersections(states: readonly Dynamic[]): (bigint | null)[] {
  const sets = states.map(hashesOf);
  let common: ReadonlySet<Dynamic> | undefined;
  return states.map((_, i) => {
    const set = sets[i];
    common = i === 0 ? set : common && set && new Set([...common].filter((hash) => set.has(hash)));
    return common ? BigInt(common.size) : estimated(states.slice(0, i + 1));
  });
}

const INTERSECT: Udf = {
  name: "kql_dcount_intersect",
  params: ["VARCHAR"],
  returns: "BIGINT[]",
  fn: (text: string) => {
    const states = tryParseDynamic(text);
    return Array.isArray(states) ? intersections(states) : null;
  },
};

/** `dcount_intersect(hll, hll, …)`: the sizes of the first set, of the first two in common, and so on. */
const dcountIntersect: Plugin = ({ node, args, rows, context, environment }) => {
  if (args.length < 2 || args.length > MOST)
    return context.refuse(node, `dcount_intersect takes 2 to ${MOST} states of hll().`);
  const states = args.map((arg) => asType(context.scalar(arg, { environment, rows }), "dynamic"));
  context.use([INTERSECT]);
  const list = context.id();
  const sizes = args.map((_, i) => ({ id: context.id(), sql: `${list}[${i + 1}]` }));
  const { relation } = rows;
  const names = new Names(relation.columns.map((column) => column.name));
  const found = extend(relation.node, [{ id: list, sql: `${INTERSECT.name}(${argumentArray(states)})` }]);
  const columns = sizes.map(({ id }, i) => ({ id, name: names.unique(`s${i}`), type: "long" as const }));
  return { ...relation, node: extend(found, sizes), columns: [...relation.columns, ...columns] };
};

export default { dcount_intersect: dcountIntersect };
