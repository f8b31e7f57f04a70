import { quoteLiteral } from "../../core/text/sql.ts";
import { nullOf } from "./coerce.ts";
import { type Context, type Environment, extend, Rows } from "./context.ts";
import { type Code, type Fields, type Kind, kindOf, ScanCode } from "./scan-code.ts";
import { SCAN_UDFS, type ScanProgram } from "./scan-run.ts";
import { referencedColumns, type Step, type Variable } from "./scanning.ts";
import type { Item, PlanColumn, PlanNode, Relation, SortKey } from "./types.ts";

export interface ScanParts {
  readonly input: Relation;
  /** Numbers the rows in their order. */
  readonly place: string;
  readonly keys: readonly Item[];
  readonly steps: readonly Step[];
  readonly variables: readonly Variable[];
}

export interface ScanOutput {
  readonly node: PlanNode;
  readonly declared: readonly PlanColumn[];
  readonly match: PlanColumn;
  readonly order: readonly SortKey[];
}

const LIST: Readonly<Record<Kind, string>> = { whole: "BIGINT[]", real: "DOUBLE[]", text: "VARCHAR[]" };
const KINDS = ["whole", "real", "text"] as const;

/** The steps as code; undefined when one of them needs more than the code can say. */
function programOf({ steps, variables }: ScanParts, fields: Fields, code: ScanCode): ScanProgram | undefined {
  const initial = variables.map((variable) => code.parameter(variable.value)?.code);
  const kept = ({ id, name, type }: PlanColumn): number | Code | undefined => {
    const declared = variables.findIndex((variable) => variable.name === name);
    return declared >= 0 ? declared : code.parameter({ sql: id, type })?.code;
  };
  const beforeOf = (column: PlanColumn): Code | undefined => {
    const declared = variables.findIndex((variable) => variable.name === column.name);
    return declared >= 0 ? initial[declared] : code.parameter(nullOf(column.type))?.code;
  };
  const written = steps.map(({ name, condition, assignments, output }) => {
    const { columns = [] } = fields.get(name) ?? {};
    const set = variables.map((variable, i) => {
      const given = assignments.find((assignment) => assignment.name === variable.name);
      return given ? code.typed(given.value, variable.type) : initial[i];
    });
    return {
      when: code.typed(condition, "bool"),
      set,
      keep: columns.map(kept),
      before: columns.map(beforeOf),
      output,
    };
  });
  const parts = written.flatMap(({ when, set, keep, before }) => [when, ...set, ...keep, ...before]);
  if (parts.includes(undefined) || variables.some(({ type }) => kindOf(type) === undefined)) return undefined;
  const places = (kind: Kind) => variables.flatMap(({ type }, i) => (kindOf(type) === kind ? [i] : []));
  return {
    steps: written as ScanProgram["steps"],
    whole: places("whole"),
    real: places("real"),
    text: places("text"),
  };
}

/** A value of a list of whole numbers in the type that it stands for. */
function stored(sql: string, { type }: PlanColumn): string {
  if (type === "bool") return `(${sql} = 1)`;
  return type === "int" ? `${sql}::INTEGER` : sql;
}

/**
 * A scan in time linear in its rows: the rows of a partition become lists, one call walks through them, and its
 * outputs become rows again. Undefined when an expression needs more than the call can compute.
 */
export function listScan(parts: ScanParts, context: Context, environment: Environment): ScanOutput | undefined {
  const { input, place, keys, steps, variables } = parts;
  const declared = variables.map(({ id, initial }): Item => ({ id, sql: initial }));
  const columns = [...input.columns, ...variables];
  const rows = new Rows({ node: extend(input.node, declared), columns, order: [], serialized: false });
  const fields: Fields = new Map(
    steps.map((step, i) => [step.name, { step: i, columns: referencedColumns(step.name, steps, columns) }]),
  );
  const code = new ScanCode(context, { environment, rows }, fields);
  const program = programOf(parts, fields, code);
  if (!program) return undefined;
  context.use(SCAN_UDFS);
  const listed = (sql: string): Item => ({ id: context.id(), sql: `list(${sql} ORDER BY ${place})` });
  const places = listed(place);
  const ids = [...new Set(input.columns.map((column) => column.id))];
  const kept = new Map(ids.map((id) => [id, listed(id)]));
  const parameters = KINDS.map((kind) =>
    code.parameters[kind].map((sql) => listed(kind === "whole" ? `(${sql})::BIGINT` : sql)),
  );
  const grouped: PlanNode = {
    op: "aggregate",
    input: rows.relation.node,
    keys,
    items: [places, ...kept.values(), ...parameters.flat()],
  };
  const lists = parameters.map(
    (items, i) => `flatten([${items.map((item) => item.id).join(", ")}])::${LIST[KINDS[i] ?? "text"]}`,
  );
  const call = `${quoteLiteral(JSON.stringify(program))}, len(${places.id}), ${lists.join(", ")}`;
  const answers = KINDS.map((kind): Item => ({ id: context.id(), sql: `kql_scan_${kind}(${call})` }));
  return rowsAgain({ ...parts, places, kept }, program, extend(grouped, answers), answers, context);
}

interface Listed extends ScanParts {
  readonly places: Item;
  /** The lists of the input's columns by the columns' ids. */
  readonly kept: ReadonlyMap<string, Item>;
}

function rowsAgain(
  { keys, variables, places, kept }: Listed,
  program: ScanProgram,
  node: PlanNode,
  answers: readonly Item[],
  context: Context,
): ScanOutput {
  const [whole = "", real = "", text = ""] = answers.map((answer) => answer.id);
  const item = (sql: string): Item => ({ id: context.id(), sql });
  const count = `(len(${whole}) // ${2 + program.whole.length})`;
  const part = (list: string, i: number): Item => item(`unnest(${list}[${i} * ${count} + 1 : ${i + 1} * ${count}])`);
  const [row, match, emitted] = [part(whole, 0), part(whole, 1), item(`unnest(range(1, ${count} + 1))`)];
  const values = new Map([
    ...program.whole.map((place, i) => [place, part(whole, i + 2)] as const),
    ...program.real.map((place, i) => [place, part(real, i)] as const),
    ...program.text.map((place, i) => [place, part(text, i)] as const),
  ]);
  const items = [row, match, emitted, ...values.values()];
  const expanded: PlanNode = { op: "extend", input: node, items, expands: true };
  const taken = [...kept].map(([id, list]): Item => ({ id, sql: `${list.id}[${row.id}]` }));
  const made = variables.map((variable, i) => item(stored(values.get(i)?.id ?? "NULL", variable)));
  const place = item(`${places.id}[${row.id}]`);
  return {
    node: extend(expanded, [...taken, ...made, place]),
    declared: variables.map(({ name, type }, i) => ({ id: made[i]?.id ?? "", name, type })),
    match: { id: match.id, name: "", type: "long" },
    order: [...(keys.length > 0 ? [place.id] : []), emitted.id].map((sql) => ({
      sql,
      descending: false,
      nullsFirst: true,
    })),
  };
}
