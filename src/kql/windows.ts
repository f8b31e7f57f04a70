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
  /**
   * One statement for `count` windows from number `from` on, which counts as 0, its rows in their order; absent where the
   * query cannot be computed so.
   */
  readonly over?: (from: number, count: number) => CompiledQuery;
  /** The windows in which a table has a row that passes the filters directly above it; `WINDOW_COLUMN` alone. */
  occupied(): CompiledQuery | undefined;
  readonly reads: CompiledQuery["reads"];
  /** Tables and table functions that the text reads and that hold no rows. */
  readonly absent: ReadonlySet<string>;
  /** Without those there cannot be a row. */
  readonly isEmpty: boolean;
  /** The query itself orders its rows; otherwise they come in any order, and in another one the next time. */
  readonly isOrdered: boolean;
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
  const whole = at(now, false);
  if (whole.kind !== "lowered") return whole;
  try {
    const plan = markedPlan(whole, at(later, false), now, later);
    if (!plan) return { kind: "changing" };
    let single: CompiledQuery | undefined;
    const one = (): CompiledQuery => {
      const cut = at(now, true);
      const marked = cut.kind === "lowered" && markedPlan(cut, at(later, true), now, later);
      if (!marked) throw new Error("The query changes with its window.");
      return render(marked, cut, []);
    };
    const query: WindowedQuery = {
      ...statements(plan, whole, windows),
      absent: whole.lowering.absent,
      isEmpty: isEmpty(plan.node),
      isOrdered: plan.order.length > 0,
      warnings: whole.lowering.warnings,
      at: (end) => {
        single ??= one();
        return { ...single, sql: withClock(single.sql, (offset) => `${end + offset}`) };
      },
    };
    return { kind: "windowed", query };
  } catch (error) {
    if (error instanceof ClockError) return { kind: "changing" };
    throw error;
  }
}

/** The plan with its clock marked; undefined where the second clock gave no plan. */
const markedPlan = (
  first: LoweredQuery,
  second: ReturnType<typeof lower>,
  now: bigint,
  later: bigint,
): WholePlan | undefined =>
  second.kind === "lowered" ? markClock(planOf(first), planOf(second), now, later) : undefined;

/** The statements over all windows, as far as the plan allows. */
function statements(
  plan: WholePlan,
  lowered: LoweredQuery,
  windows: Windows,
): Pick<WindowedQuery, "over" | "occupied" | "reads"> {
  const id = (): string => lowered.lowering.id();
  const attempt = (make: () => CompiledQuery): CompiledQuery | undefined => {
    try {
      return make();
    } catch (error) {
      if (error instanceof NotLiftable) return undefined;
      throw error;
    }
  };
  const over = (from: number, count: number): CompiledQuery => {
    const lifted = liftPlan(plan, { ...windows, first: windows.first + BigInt(from) * windows.step, count }, id);
    return render(lifted, lowered, [lifted.window]);
  };
  const occupied = (): CompiledQuery | undefined =>
    attempt(() => {
      const lifted = occupiedPlan(plan, windows, id);
      return render(lifted, { ...lowered, relation: { ...lowered.relation, columns: [] } }, [lifted.window]);
    });
  const all = attempt(() => over(0, windows.count));
  if (!all) return { occupied, reads: render(plan, lowered, []).reads };
  return {
    occupied,
    reads: all.reads,
    over: (from, count) => (from === 0 && count === windows.count ? all : over(from, count)),
  };
}

function render(plan: WholePlan, { relation, lowering }: LoweredQuery, window: readonly string[]): CompiledQuery {
  const columns = [
    ...window.map((sql) => ({ name: WINDOW_COLUMN, type: "long" as const, sql })),
    ...relation.columns.map(({ name, type, id: sql }) => ({ name, type, sql })),
  ];
  const { sql, reads, groupings } = renderStatement(
    plan.node,
    columns.map((column) => column.sql),
    plan.order,
    plan.shared,
  );
  const udfs = [...CONVERSION_UDFS, ...lowering.udfs.values()];
  return { sql, columns, reads, udfs, groupings, warnings: lowering.warnings };
}
