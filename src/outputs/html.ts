import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Assessment } from "../core/assessment.ts";
import { htmlText } from "../core/text/html.ts";
import { jsonScript } from "../core/text/json.ts";
import { redactAssessment } from "../evidence/redact.ts";
import { reportData } from "./report/data.ts";
import { moment } from "./view/format.ts";

/** The modules of the page's script, each after those that it imports. */
const MODULES = [
  "dom",
  "chart",
  "virtual",
  "overview",
  "history",
  "scopes",
  "criteria",
  "activity",
  "anomalies",
  "offenders",
  "land",
  "map",
  "flows",
  "health",
  "main",
] as const;

const asset = (name: string): string => readFileSync(new URL(`./report/page/${name}`, import.meta.url), "utf8");

/** One classic script of the modules, which a page opened from disk may not import: each becomes a function's scope. */
function script(): string {
  const bodies = MODULES.map((name) => {
    const source = asset(`${name}.js`);
    const exported = [...source.matchAll(/^export (?:async )?(?:const|function) (\w+)/gm)].map((match) => match[1]);
    const body = source
      .replace(/^import \{([^}]*)\} from "\.\/(\w+)\.js";\n/gm, "const {$1} = $2;\n")
      .replace(/^export /gm, "");
    return `const ${name} = (() => {\n${body}return { ${exported.join(", ")} };\n})();`;
  });
  return `"use strict";\n(() => {\n${bodies.join("\n")}\n})();\n`;
}

const sourceHash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * One self-contained HTML page: no request leaves it (the policy allows only its own style and script, by hash), and
 * values reach it as JSON that is written into text nodes only.
 */
export function render(result: Assessment): string {
  const assessment = redactAssessment(result);
  const style = asset("style.css");
  const code = script();
  const policy = `default-src 'none'; style-src ${sourceHash(style)}; script-src ${sourceHash(code)}; base-uri 'none'; form-action 'none'`;
  const parts: Readonly<Record<string, string>> = {
    policy: `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    title: `<title>${htmlText(`Zero Trust maturity, ${moment(assessment.asOf)}`)}</title>`,
    style: `<style>${style}</style>`,
    data: `<script type="application/json" id="data">${jsonScript(reportData(assessment))}</script>`,
    script: `<script>${code}</script>`,
  };
  return asset("template.html").replace(/<!--(\w+)-->/g, (_, name: string) => parts[name] ?? "");
}
