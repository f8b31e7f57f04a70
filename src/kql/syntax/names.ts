import { language } from "./language.ts";

/** How Kusto names the column of an unnamed call. */
export interface ResultNaming {
  /** `first`: after the first argument's name; `prefix`: a prefix before it; `prefixOnly`; `none`: ColumnN. */
  readonly kind: "first" | "prefix" | "prefixOnly" | "none";
  readonly prefix: string;
}

interface RawFunction {
  readonly ResultNameKind: number;
  readonly ResultNamePrefix: string | null;
}
interface RawLookup {
  GetFunction(name: string): RawFunction | null;
  GetAggregate(name: string): RawFunction | null;
}

const KINDS: readonly ResultNaming["kind"][] = [
  "none",
  "prefix",
  "prefix",
  "prefix",
  "prefix",
  "first",
  "prefixOnly",
  "first",
  "first",
];

/** The naming rule of a built-in scalar function or aggregate; undefined when Kusto has none of that name. */
export function resultNaming(name: string): ResultNaming | undefined {
  const globals = language().GlobalState.Default as unknown as RawLookup;
  const found = globals.GetFunction(name) ?? globals.GetAggregate(name);
  return found ? { kind: KINDS[found.ResultNameKind] ?? "none", prefix: found.ResultNamePrefix ?? name } : undefined;
}
