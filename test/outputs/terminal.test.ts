import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/core/text/terminal.ts";
import { render } from "../../src/outputs/terminal.ts";
import { arithmetic } from "../../src/outputs/view/arithmetic.ts";
import { blockers } from "../../src/outputs/view/ladder.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, crowded, emptyTenant, flawless, nothing, poisoned } from "./fixtures.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that colour the board
const SGR = /\x1b\[(?:0|1|2|3[1-6])m/g;

describe("the board", () => {
  test.each([
    ["contoso", contoso],
    ["empty-tenant", emptyTenant],
    ["flawless", flawless],
    ["nothing", nothing],
  ])("of %s", async (name, assessment) => {
    await expect(render(assessment)).toMatchFileSnapshot(`golden/board-${name}.txt`);
  });

  test.each([
    ["contoso", contoso],
    ["empty tenant", emptyTenant],
    ["flawless", flawless],
    ["crowded", crowded(1000)],
    ["hostile", poisoned(HOSTILE)],
    ["XSS", poisoned(XSS)],
  ])("of %s fits 100 columns and holds nothing active", (_name, assessment) => {
    const board = render(assessment);
    expect(board).not.toMatch(ACTIVE);
    for (const line of board.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(100);
  });

  test.each([
    ["contoso", contoso],
    ["hostile", poisoned(HOSTILE)],
  ])("of %s says the same with and without colour", (_name, assessment) => {
    const colored = render(assessment, { color: true });
    expect(colored).toMatch(SGR);
    expect(colored.replace(SGR, "")).toBe(render(assessment));
  });

  test("leads with data health only where something needs attention", () => {
    const order = (board: string): boolean => board.indexOf("DATA HEALTH") < board.indexOf("PILLAR ");
    expect(order(render(contoso))).toBe(true);
    expect(order(render(emptyTenant))).toBe(true);
    const healthy = { ...flawless, inputs: flawless.inputs.filter((input) => input.read === input.accepted) };
    expect(order(render(healthy))).toBe(false);
  });

  test("names every criterion without a verdict, and every blocker", () => {
    const board = render(contoso);
    for (const id of ["ID-06", "DV-11", "AP-12", "NW-08", "DA-01"]) expect(board).toContain(id);
    for (const { blockedBy } of contoso.pillars) for (const id of blockedBy) expect(board).toContain(id);
  });

  test("says so when the counts of an input do not add up", () => {
    const [input] = contoso.inputs;
    const wrong = { ...contoso, inputs: [{ ...input, read: 1 }] } as typeof contoso;
    expect(render(wrong)).toContain("do not add up");
    expect(render(contoso)).not.toContain("do not add up");
  });
});

describe("the arithmetic of a blocker", () => {
  const [pillar] = contoso.pillars;
  const [criterion] = pillar?.criteria ?? [];
  const sentence = (change: object): string => {
    const changed = { ...pillar, blockedBy: ["ID-01"], criteria: [{ ...criterion, ...change }] } as NonNullable<
      typeof pillar
    >;
    return blockers(changed).map(arithmetic).join("");
  };

  test.each([
    [{}, "45,612 / 50,104 = 91.0 %; its lower bound 90.8 % must reach 95 % for Intermediate"],
    [{ low: 0.94997 }, "45,612 / 50,104 = 91.0 %; its lower bound 94.997 % must reach 95.000 % for Intermediate"],
    [{ thresholds: { initial: 0.5, intermediate: 1 } }, "45,612 / 50,104 = 91.0 %; Intermediate needs all of them"],
    [{ direction: "atMost", thresholds: { intermediate: 0 } }, "45,612 / 50,104 = 91.0 %; Intermediate allows none"],
    [
      { thresholds: { initial: 0.99 } },
      "45,612 / 50,104 = 91.0 %; its lower bound 90.8 % must reach 99 % for Intermediate",
    ],
    [{ state: "stale", reason: "Nine days old." }, "stale data: Nine days old."],
    [{ denominator: null, low: null, reason: "No rate." }, "No rate."],
    [{ id: "other" }, "The criterion is not in the result."],
  ])("%j", (change, text) => expect(sentence(change)).toBe(text));
});
