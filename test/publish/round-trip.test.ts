import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { PILLAR_TITLES, STAGE_TITLES } from "../../src/core/maturity.ts";
import { replay } from "../../src/maturity/replay.ts";
import { render } from "../../src/outputs/terminal.ts";
import { simulate } from "../../src/simulate/simulate.ts";
import { contentOf, pasted, queryItems } from "./workbook-items.ts";
import { workspaceOf } from "./workspace.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-round-trip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Pillar and stage as the terminal's board says them. */
function boardStages(board: string): string[][] {
  const titles = Object.values(STAGE_TITLES);
  return board.split("\n").flatMap((line) => {
    const pillar = Object.values(PILLAR_TITLES).find((title) => line.startsWith(title) && /[●○?]/.test(line));
    const stage = titles.find((title) => line.includes(` ${title}`));
    return pillar !== undefined && stage !== undefined ? [[pillar, stage]] : [];
  });
}

test.each([
  ["good", 20],
  ["mixed", 20],
  ["bad", 20],
] as const)(
  "the workbook shows the stages of the board, of a tenant that is %s",
  { timeout: 400_000 },
  async (profile, users) => {
    const out = join(folder, profile);
    await simulate({ out, profile, users, days: 8 });
    const assessment = await replay({ paths: [out] });
    const board = boardStages(render(assessment));
    expect(board).toHaveLength(6);
    const runTime = assessment.asOf;
    const workspace = await workspaceOf([{ assessment, scope: profile, runTime }], runTime);
    try {
      const rows = async (name: string) => {
        const item = queryItems.find((one) => one.name === name);
        if (!item) throw new Error(`there is no item ${name}`);
        return (await workspace.query(pasted(contentOf(item).query, { Scope: profile }))).rows;
      };
      expect((await rows("overview-stages")).map(({ Pillar, Stage }) => [Pillar, Stage])).toEqual(board);
      const blocking = assessment.pillars.flatMap(({ blockedBy }) => [...blockedBy]);
      const listed = (await rows("overview-weakest")).map(({ CriterionId }) => String(CriterionId));
      expect(listed).toHaveLength(Math.min(50, blocking.length));
      expect(blocking).toEqual(expect.arrayContaining(listed));
    } finally {
      await workspace.close();
    }
  },
);
