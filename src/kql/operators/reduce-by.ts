import { refusal } from "../plan/refusing.ts";

/** `reduce` is refused. */
export default refusal(
  "reduce",
  "How it forms groups is not documented; another grouping would not be the same query.",
);
