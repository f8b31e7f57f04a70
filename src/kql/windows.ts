import { CONVERSION_UDFS } from "./functions/support/convert.ts";
import { type LoweredQuery, lower, read } from "./index.ts";
import { ClockError, markClock, type WholePlan, withClock } from "./lift/clock.ts";
import { isEmpty } from "./lift/empty.ts";
import { liftPlan, NotLiftable, type Windows } from "./lift/lift.ts";
import { occupiedPlan } from "./lift/occupied.ts";
import { renderStatement } from "./sql/render.ts";
import type { CompiledQuery, CompileResult, Schema } from "./types.ts";

export interface RunWindows extends Windows {
  /** A run sees what has arrived this long after its window's end; absent: everything. */
  readonly delay?: bigint;
}

/** The first column of a statement that answers for many windows: the number of the row's window. */
export const WINDOW_COLUMN = "\0window";

/** A query that runs over many windows, with the clock at the end of each. */
export interface WindowedQuery {
  /** One statement for all windows, its rows in their order; absent where the query cannot be computed so. */
  readonly all?: CompiledQuery;
  /** The windows in which a table has a row that passes the filters directly above it; `WINDOW_COLUMN` alone. */
  readonly occupied?: CompiledQuery;
  readonly reads: CompiledQuery["reads"];
  /** Tables and table functions that the text reads and that hold no rows. */
  readonly absent: ReadonlySet<string>;
  /** Without those there cannot be a row. */
  readonly isEmpty: boolean;
  readonly warnings: CompiledQuery["warnings"];
  /** The statement of one window. */
  at(end: bigint): CompiledQuery;
}

export type WindowedResult =
  | { readonly kind: "windowed"; readonly query: WindowedQuery }
  /** The text of the statement, and not only its times, depends on the clock. */
  | { readonly kind: "changing" }
  | Exclude<CompileResult, { kind: "compiled" }>;

/** Far from the first clock by no whole number of anything, so that what was worked out from it stands out. */
const CLOCK_SHIFT = 83_922_345_678_901n;

const planOf = ({ relation: { node, order }, lowering }: LoweredQuery): WholePlan => ({
  node,
  order,
  shared: lowering.shared,
});

/**
 * Compiles a query once for all windows: its plan is lowered at two clocks, and what moved with the clock is put into
 * the statement as a function of the window.
 */
export function compileWindows(
  text: string,
  options: { readonly schema: Schema; readonly windows: RunWindows },
): WindowedResult {
  const { windows } = options;
  const schema = options.schema.reading?.(text) ?? options.schema;
  const found = read(text, schema);
  if (found.kind !== "read") return found;
  const { delay, byArrival = false, period } = windows;
  const at = (now: bigint, cut: boolean) =>
    lower(found.parsed, {
      schema,
      now,
      byArrival,
      ...(delay !== undefined && { arrivedBy: now + delay }),
      ...(cut && { timespan: { start: now - period, end: now } }),
    });
  const [now, later] = [windows.first, windows.first + CLOCK_SHIFT];
  const first = at(now, true);
  if (first.kind !== "lowered") return first;
  const second = at(later, true);
  if (second.kind !== "lowered") return { kind: "changing" };
  try {
    const single = markClock(planOf(first), planOf(second), now, later);
    const rendered = render(single, first, []);
    const query: WindowedQuery = {
      ...statements(at(now, false), at(later, false), windows, later),
      reads: rendered.reads,
      absent: first.lowering.absent,
      isEmpty: isEmpty(single.node),
      warnings: first.lowering.warnings,
      at: (end) => ({ ...rendered, sql: withClock(rendered.sql, (offset) => `${end + offset}`) }),
    };
    return { kind: "windowed", query };
  } catch (error) {
    if (error instanceof ClockError) return { kind: "changing" };
    throw error;
  }
}

type Lowered = ReturnType<typeof lower>;

/** The statements over all windows, as far as the plan allows. */
function statements(
  first: Lowered,
  second: Lowered,
  windows: Windows,
  later: bigint,
): Pick<WindowedQuery, "all" | "occupied"> {
  if (first.kind !== "lowered" || second.kind !== "lowered") return {};
  const plan = markClock(planOf(first), planOf(second), windows.first, later);
  const id = (): string => first.lowering.id();
  const attempt = (make: () => CompiledQuery): CompiledQuery | undefined => {
    try {
      return make();
    } catch (error) {
      if (error instanceof NotLiftable) return undefined;
      throw error;
    }
  };
  const all = attempt(() => {
    const lifted = liftPlan(plan, windows, id);
    return render(lifted, first, [lifted.window]);
  });
  const occupied = attempt(() => {
    const lifted = occupiedPlan(plan, windows, id);
    return render(lifted, { ...first, relation: { ...first.relation, columns: [] } }, [lifted.window]);
  });
  return { ...(all && { all }), ...(occupied && { occupied }) };
}

function render(plan: WholePlan, { relation, lowering }: LoweredQuery, window: readonly string[]): CompiledQuery {
  const columns = [
    ...window.map((sql) => ({ name: WINDOW_COLUMN, type: "long" as const, sql })),
    ...relation.columns.map(({ name, type, id: sql }) => ({ name, type, sql })),
  ];
  const { sql, reads } = renderStatement(
    plan.node,
    columns.map((column) => column.sql),
    plan.order,
    plan.shared,
  );
  const udfs = [...CONVERSION_UDFS, ...lowering.udfs.values()];
  return { sql, columns, reads, udfs, warnings: lowering.warnings };
}
