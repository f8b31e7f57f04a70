import { aggregates, scalarFunctions } from "./functions/index.ts";
import { operators } from "./operators/index.ts";
import { SPECIAL_NAMES } from "./plan/calls.ts";
import { GRAPH_NAMES } from "./plan/graph-pattern.ts";
import { refuses } from "./plan/refusing.ts";
import { WINDOW_NAMES } from "./plan/windows.ts";
import { plugins } from "./plugins/index.ts";
import refused from "./plugins/refused.ts";
import { builtIn } from "./syntax/language.ts";

export type SupportKind = "tabular operators" | "scalar functions" | "aggregates" | "plugins";

export interface Support {
  /** What a query may name, sorted. */
  readonly names: readonly string[];
  /** How many names of the kind Microsoft's binder knows; null where it has no list. */
  readonly known: number | null;
}

/** Functions that stand for tables. */
const TABLE_NAMES = ["table", "database"];

/** Where the name in the text is not the name of the syntax. */
const OPERATOR_NAMES: Readonly<Record<string, string>> = { filter: "where", "reduce-by": "reduce" };

const operatorName = (kind: string): string => {
  const name = kind
    .replace(/Operator$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "-")
    .toLowerCase();
  return OPERATOR_NAMES[name] ?? name;
};

function among(known: ReadonlySet<string>, ours: readonly string[]): Support {
  return { names: [...new Set(ours)].filter((name) => known.has(name)).sort(), known: known.size };
}

/** What the embedded engine runs of KQL, from its registries; what always refuses is left out. */
export function supported(): Readonly<Record<SupportKind, Support>> {
  const lowered = [...operators].filter(([, lower]) => !refuses(lower)).map(([kind]) => operatorName(kind));
  const functions = [...scalarFunctions.keys(), ...SPECIAL_NAMES, ...WINDOW_NAMES, ...GRAPH_NAMES, ...TABLE_NAMES];
  const run = [...plugins.keys()].filter((name) => !Object.hasOwn(refused, name));
  return {
    "tabular operators": { names: [...lowered, "range"].sort(), known: null },
    "scalar functions": among(builtIn("Functions"), functions),
    aggregates: among(builtIn("Aggregates"), [...aggregates.keys()]),
    plugins: among(builtIn("PlugIns"), run),
  };
}
