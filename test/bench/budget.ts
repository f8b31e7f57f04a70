import { withinBudget } from "../../src/analyzer/budget.ts";
import { groupFindings } from "../../src/analyzer/findings.ts";
import { runTenant } from "./tenant.ts";

/**
 * What an alert budget gives on a tenant without attacks: npm run bench:budget -- [users] [days] [seed]
 * The first ten days, in which detectors learn, are not counted.
 */
const [users = "1000", days = "30", seed = "2"] = process.argv.slice(2);
const LEARNING = 10;
const DAY = 86_400_000;

// So large a budget gives every candidate, which the smaller ones then choose from.
const everything = { attacks: [], budget: 1e9 };
const tenant = await runTenant({ users: Number(users), days: Number(days), seed: Number(seed), ...everything });
const start = Date.parse(tenant.start);
const candidates = groupFindings(tenant.anomalies);
process.stdout.write(`${tenant.rows} rows of ${users} users, no attacks: ${candidates.length} candidate findings\n`);
for (const perDay of [1, 5, 20]) {
  const told = withinBudget(candidates, { perDay, start });
  const counted = told.filter((finding) => Date.parse(finding.start) >= start + LEARNING * DAY).length;
  const rate = counted / (Number(days) - LEARNING);
  process.stdout.write(`asked for ${perDay} a day: ${rate.toFixed(2)} (factor ${(rate / perDay).toFixed(2)})\n`);
}
