import type { ScopePillar, ScopeResult } from "../../core/assessment.ts";
import { PILLAR_TITLES, STAGE_TITLES } from "../../core/maturity.ts";
import { pad, truncate } from "../../core/text/terminal.ts";
import { STAGE_STYLE } from "./overview.ts";
import type { Paint } from "./paint.ts";
import { WIDTH } from "./pillar.ts";

const NAME = 40;
const STAGE = 15;
const SHOWN = 3;

/** `Data by DA-01, DA-03 and 2 more`. */
function held({ pillar, blockedBy }: ScopePillar): string {
  const more = blockedBy.length > SHOWN ? ` and ${blockedBy.length - SHOWN} more` : "";
  return `${PILLAR_TITLES[pillar]} by ${blockedBy.slice(0, SHOWN).join(", ")}${more}`;
}

function line({ kind, name, stage, pillars }: ScopeResult, paint: Paint): string {
  const weakest = pillars.filter((own) => own.stage === stage && own.blockedBy.length > 0).map(held);
  const why = pillars.length === 0 ? "no row of it" : weakest.join("; ");
  const title = kind === "assets" ? `assets of ${name}` : name;
  return `${pad(truncate(title, NAME), NAME)} ${paint(STAGE_STYLE[stage], pad(STAGE_TITLES[stage], STAGE))} ${truncate(why, WIDTH - NAME - STAGE - 2)}`.trimEnd();
}

/** The stage of every scope that was asked for, and what holds it there. */
export function scopesBlock(scopes: readonly ScopeResult[], paint: Paint): string[] {
  const header = `${pad("SCOPE", NAME)} ${pad("STAGE", STAGE)} HELD THERE`;
  return [paint("dim", header), ...scopes.map((scope) => line(scope, paint))];
}
