import { createRequire } from "node:module";
import type * as H3 from "h3-js";

const require = createRequire(import.meta.url);
let loaded: typeof H3 | undefined;

/** The H3 grid system, loaded by the first query that uses it. */
export function h3(): typeof H3 {
  loaded ??= require("h3-js") as typeof H3;
  return loaded;
}
