import { assessIncrementally } from "../../../src/maturity/incremental.ts";
import { loadPacks } from "../../../src/packs/load.ts";
import { backendOf, hour } from "./growing.ts";

/** One incremental run in a process of its own, so that it can be killed. */
const [, , url = "", packsFolder = "", state = "", moment = "0"] = process.argv;
const packs = loadPacks(packsFolder);
const asOf = hour(Number(moment));
const assessment = await assessIncrementally(backendOf(url, packs, asOf, 20), {
  packs,
  asOf,
  state,
  remeasure: 10n ** 15n,
  saveEvery: 0,
});
process.stdout.write(JSON.stringify(assessment));
