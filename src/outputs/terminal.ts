import type { Assessment } from "../core/assessment.ts";
import { PILLAR_TITLES, STAGES } from "../core/maturity.ts";
import { truncate, wrap } from "../core/text/terminal.ts";
import { redactAssessment } from "../evidence/redact.ts";
import { healthBlock, needsAttention } from "./board/health.ts";
import { historyBlock } from "./board/history.ts";
import { organisationLines, overview } from "./board/overview.ts";
import { type Paint, painter } from "./board/paint.ts";
import { pillarBlock, WIDTH } from "./board/pillar.ts";
import { scopesBlock } from "./board/scopes.ts";
import { moment } from "./view/format.ts";
import { dataHealth } from "./view/health.ts";
import { blockers } from "./view/ladder.ts";

const NEXT_STEPS = 6;

/** What to do first: the blockers of the lowest stages, each with its own next action. */
function nextSteps({ pillars }: Assessment): string[] {
  const ranked = [...pillars].sort((a, b) => rank(a.stage) - rank(b.stage));
  const steps = ranked.flatMap((pillar) =>
    blockers(pillar).flatMap(({ id, criterion }) =>
      criterion ? [`${PILLAR_TITLES[pillar.pillar]} ${id}: ${criterion.next}`] : [],
    ),
  );
  return steps
    .slice(0, NEXT_STEPS)
    .flatMap((step, i) => wrap(step, WIDTH - 5).map((line, j) => `${j === 0 ? `  ${i + 1}. ` : "     "}${line}`));
}

const rank = (stage: string): number => STAGES.indexOf(stage as (typeof STAGES)[number]);

function title({ tool, asOf, window }: Assessment, paint: Paint): string[] {
  const span = `window ${moment(window.start)} to ${moment(window.end)}`;
  return [
    paint("bold", truncate(`Zero Trust maturity as of ${moment(asOf)}`, WIDTH)),
    paint("dim", truncate(`${tool.name} ${tool.version}, ${span}`, WIDTH)),
  ];
}

/**
 * The six-pillar board: at most 100 columns; colour only repeats what signs and words say. The data-health block leads
 * where something could not be assessed, and closes the board otherwise.
 */
export function render(result: Assessment, { color = false }: { readonly color?: boolean } = {}): string {
  const assessment = redactAssessment(result);
  const paint = painter(color);
  const health = healthBlock(assessment, paint);
  const leads = needsAttention(dataHealth(assessment), assessment);
  const steps = nextSteps(assessment);
  const blocks = [
    title(assessment, paint),
    ...(leads ? [health] : []),
    [...overview(assessment.pillars, paint), ...organisationLines(assessment.pillars, paint)],
    ...(assessment.scopes && assessment.scopes.length > 0 ? [scopesBlock(assessment.scopes, paint)] : []),
    ...(assessment.timeTravel ? [historyBlock(assessment.timeTravel, paint)] : []),
    ...assessment.pillars.map((pillar) =>
      pillarBlock(
        pillar,
        assessment.anomalies.filter((anomaly) => anomaly.pillar === pillar.pillar),
        paint,
      ),
    ),
    ...(steps.length > 0 ? [[paint("bold", "NEXT STEPS"), ...steps]] : []),
    ...(leads ? [] : [health]),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The data-health block alone, for stderr beside a form that readers parse: at most 100 columns, no colour. */
export const renderHealth = (result: Assessment): string =>
  `${healthBlock(redactAssessment(result), painter(false)).join("\n")}\n`;
