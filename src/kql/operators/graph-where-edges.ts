import { refusal } from "../plan/refusing.ts";

/** `graph-where-edges` is refused. */
export default refusal("graph-where-edges", "Put the condition into the where clause of graph-match.");
