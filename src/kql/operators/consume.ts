import type { OperatorLowering } from "../plan/context.ts";
import { emptyTable } from "../plan/tables.ts";

/** `consume`: the rows are read and none is given. */
const consume: OperatorLowering = (_node, input, context) => emptyTable(input.columns, context);

export default consume;
