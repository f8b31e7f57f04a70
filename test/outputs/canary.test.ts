import { expect, test } from "vitest";
import { canaryBlock } from "../../src/outputs/board/canary.ts";

test("says what was found, what was missed, and bounds the false alarms", () => {
  const text = canaryBlock({
    injected: [
      { pillar: "identities", detector: "password-spray", found: true, toldBy: ["password-spray"], minutes: 1.2 },
      { pillar: "network", detector: "beaconing", found: false, toldBy: [], minutes: null },
    ],
    recall: 0.5,
    alarms: 3,
    echoes: 0,
  });
  expect(text).toContain("1 of 2 synthetic attacks found (50 %)");
  expect(text).toMatch(/found +identities\/password-spray +after 1 min/);
  expect(text).toMatch(/MISSED +network\/beaconing +missed/);
  expect(text).toContain("your own events: 3,");
});

test("without events nothing was tested", () => {
  expect(canaryBlock({ injected: [], recall: null, alarms: 0, echoes: 0 })).toContain("nothing could be tested");
});
