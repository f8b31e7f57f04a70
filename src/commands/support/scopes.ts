import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { ScopeRequest } from "../../maturity/scopes.ts";

export const SCOPE_HELP =
  "also the stage of each subscription or application, of one (subscription=ID), or of a list (assets=FILE)";

/** Adds `subscription`, `application`, `subscription=ID`, `application=NAME` or `assets=FILE` to those before it. */
export function parseScopeRequest(text: string, before: readonly ScopeRequest[] = []): readonly ScopeRequest[] {
  const [kind = "", ...rest] = text.split("=");
  const name = rest.join("=").trim();
  if (kind === "subscription" || kind === "application") return [...before, { kind, ...(name !== "" && { name }) }];
  if (kind === "assets" && name !== "") return [...before, { kind, name, entities: assetsIn(name) }];
  throw new InvalidArgumentError("Expected subscription, application, either with =NAME, or assets=FILE.");
}

/** The assets that a file lists, one a line; `#` starts a comment. */
function assetsIn(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new InvalidArgumentError(`Cannot read the list of assets ${file}.`);
  }
  const assets = text.split(/\r?\n/).flatMap((line) => line.replace(/(^|\s)#.*$/, "").trim() || []);
  if (assets.length === 0)
    throw new InvalidArgumentError(
      `${file} lists no asset: write one a line, such as a user, a host, an application or a resource id.`,
    );
  return [...new Set(assets)];
}
