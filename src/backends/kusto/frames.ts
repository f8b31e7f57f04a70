import type { Value } from "../../core/kusto.ts";
import { type ErrorBody, innermost, isHeavy, RequestFailure } from "../live/errors.ts";
import type { Answer } from "../live/transport.ts";
import { normalizeRows, scalarType } from "../live/values.ts";

/*
 * Kusto's v2 answer: an array of frames. Source: "Query/management HTTP response", Azure Data Explorer documentation.
 */
type Row = Value[] | { readonly OneApiErrors?: readonly { readonly error?: ErrorBody }[] };

interface Frame {
  readonly FrameType: string;
  readonly TableId?: number;
  readonly TableKind?: string;
  readonly Columns?: readonly {
    readonly ColumnName: string;
    readonly ColumnType?: string;
    readonly DataType?: string;
  }[];
  readonly Rows?: readonly Row[];
  readonly TableFragmentType?: string;
  readonly HasErrors?: boolean;
  readonly Cancelled?: boolean;
  readonly OneApiErrors?: readonly { readonly error?: ErrorBody }[];
}

interface Primary {
  readonly id: number | undefined;
  readonly columns: NonNullable<Frame["Columns"]>;
  rows: Row[];
}

const errorsOf = (frame: Pick<Frame, "OneApiErrors">): ErrorBody[] =>
  (frame.OneApiErrors ?? []).flatMap(({ error }) => error ?? []);

function append(rows: Row[], more: readonly Row[] | undefined): void {
  for (const row of more ?? []) rows.push(row);
}

/** The first primary result, whole or put together from its fragments. */
function primaryOf(frames: readonly Frame[]): Primary | undefined {
  let primary: Primary | undefined;
  for (const frame of frames) {
    const { FrameType, TableId, TableKind, Columns, Rows } = frame;
    if ((FrameType === "DataTable" || FrameType === "TableHeader") && TableKind === "PrimaryResult" && !primary) {
      primary = { id: TableId, columns: Columns ?? [], rows: [] };
      append(primary.rows, Rows);
    } else if (FrameType === "TableFragment" && primary && TableId === primary.id) {
      if (frame.TableFragmentType === "DataReplace") primary.rows = [];
      append(primary.rows, Rows);
    }
  }
  return primary;
}

const reasonOf = (errors: readonly ErrorBody[]): string => {
  const inner = innermost(errors[0]);
  return inner?.["@message"] ?? inner?.message ?? "the service reported an error without a reason";
};

const LIMIT = /80DA0003|E_QUERY_RESULT_SET_TOO_LARGE|exceed the set limit/i;
const isLimit = ({ code, message = "", "@message": detail = "" }: ErrorBody): boolean =>
  code === "LimitsExceeded" ? !isHeavy({ message, "@message": detail }) : LIMIT.test(message + detail);

/** Reads the frames of an answer. Throws `RequestFailure` where there is no result, or one that is not to be used. */
export function readFrames(body: unknown): Answer {
  if (!Array.isArray(body))
    throw new RequestFailure({ kind: "transient", message: "the answer is no array of frames" });
  const frames = body as readonly Frame[];
  const completion = frames.find(({ FrameType }) => FrameType === "DataSetCompletion");
  const primary = primaryOf(frames);
  if (!completion || !primary) {
    throw new RequestFailure({ kind: "transient", message: "the answer ends before its last frame" });
  }
  const rows: Value[][] = [];
  const errors = errorsOf(completion);
  for (const row of primary.rows) {
    if (Array.isArray(row)) rows.push(row);
    else errors.push(...errorsOf(row));
  }
  if (errors.some((error) => !isLimit(error) && isHeavy(error))) {
    throw new RequestFailure({ kind: "heavy", message: reasonOf(errors) });
  }
  const columns = primary.columns.map(({ ColumnName, ColumnType, DataType }) => ({
    name: ColumnName,
    type: scalarType(ColumnType ?? DataType ?? "string"),
  }));
  normalizeRows(columns, rows, "json");
  const failed = errors.length > 0 || completion.HasErrors === true || completion.Cancelled === true;
  return { columns, rows, warnings: [], ...(failed && { cut: reasonOf(errors) }) };
}
