import { writeFileSync } from "node:fs";
import { runTenant } from "./tenant.ts";

/** One tenant in a process of its own, so that its memory is its own: seed, users, days, where the result goes. */
const [seed = "1", users = "500", days = "30", out = "seed.json"] = process.argv.slice(2);
const result = await runTenant({ seed: Number(seed), users: Number(users), days: Number(days), attacks: ["all"] });
writeFileSync(out, JSON.stringify(result));
