import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SCRIPTS } from "./language.ts";

/** Touches what most queries use, so that the parser's grammar and tables are built before the snapshot is taken. */
const WARM_UP = [
  "let f = (t: datetime) { t > ago(1d) }; print x = 1, s = 'a' | where x > 0 and s has 'a' | extend y = tostring(x)",
  "datatable(t: datetime, d: dynamic)[datetime(2020-01-01), dynamic({})] | mv-expand d | summarize count() by bin(t, 1h)",
  "print k = 1 | join kind=inner (print k = 1) on k | union (print k = 2) | project k | sort by k desc | take 1",
  "print s = 'a=1' | parse s with * 'a=' v: long * | make-series n = count() on v from 0 to 9 step 1",
];

/**
 * A script for `node --build-snapshot`: a process that starts from the resulting blob has the parser loaded and warm.
 * Source: https://nodejs.org/api/cli.html#--build-snapshot
 */
export function snapshotScript(): string {
  const require = createRequire(import.meta.url);
  // The scripts attach to `globalThis` where they find no module to export from.
  const bodies = SCRIPTS.map((name) => {
    const source = readFileSync(require.resolve(name), "utf8");
    return `(function () { const module = undefined, exports = undefined, require = undefined;\n${source}\n}).call(globalThis);`;
  });
  const warmUp = `for (const text of ${JSON.stringify(WARM_UP)}) {
  const { KustoCode, GlobalState } = Kusto.Language;
  const code = KustoCode.Parse(text);
  code.GetSyntaxDiagnostics();
  code.Analyze(GlobalState.Default).GetDiagnostics();
}`;
  return [...bodies, warmUp].join("\n");
}
