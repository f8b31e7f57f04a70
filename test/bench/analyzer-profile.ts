import { type Profiler, Session } from "node:inspector/promises";

/** Where a run of the analyzer spends its time, by the part that a sample fell into, in % of all samples within it. */
export type Shares = readonly (readonly [part: string, share: number])[];

const INTERVAL_US = 500;
const ANALYZER = "/src/analyzer/analyzer.ts";
/** Parts that are told apart beside the detectors, each of which is a file of its own. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\/analyzer\/detectors\/([\w-]+)\.ts$/, ""],
  [/\/analyzer\/volume\.ts$/, "volumes (exfiltration, mass-read, …)"],
  [/\/analyzer\/trust\.ts$/, "trust"],
  [/\/analyzer\/calibration\.ts$/, "population"],
  [/\/analyzer\/reorder\.ts$/, "order of time"],
  [/\/signals\/decode\.ts$/, "decoding"],
  [/\/signals\/tally\.ts$/, "verdicts"],
];

/** Profiles what happens until the answer is called, which gives the shares. */
export async function startProfile(): Promise<() => Promise<Shares>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return sharesOf(profile);
  };
}

function partOf(url: string): string | undefined {
  for (const [pattern, name] of PARTS) {
    const match = pattern.exec(url);
    if (match) return name || match[1];
  }
  return undefined;
}

/** Every node belongs to the outermost part on its way from the analyzer. */
function sharesOf({ nodes, samples = [] }: Profiler.Profile): Shares {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const urls = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.url]));
  const parts = new Map<number, string | undefined>();
  for (const { id } of nodes) {
    let [part, within] = [undefined as string | undefined, false];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      part = partOf(urls.get(at) ?? "") ?? part;
      within ||= (urls.get(at) ?? "").endsWith(ANALYZER);
    }
    parts.set(id, within ? (part ?? "rest") : undefined);
  }
  const counts = new Map<string, number>();
  for (const sample of samples) {
    const part = parts.get(sample);
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts].map(([part, count]) => [part, count / total] as const).sort((a, b) => b[1] - a[1]);
}
