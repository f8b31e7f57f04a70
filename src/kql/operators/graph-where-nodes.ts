import { refusal } from "../plan/refusing.ts";

/** `graph-where-nodes` is refused. */
export default refusal("graph-where-nodes", "Put the condition into the where clause of graph-match.");
