import { ALERT_LEVEL, LITE_ALERT_LEVEL, Series } from "../../src/analyzer/series/series.ts";
import { Random } from "../../src/stats/random.ts";
import {
  alarmsAt,
  loadNab,
  type NabFile,
  normalised,
  PROFILES,
  type Profile,
  rawScore,
  windowsOf,
} from "./nab-rules.ts";
import { loadSkab, scoreSkab } from "./skab-rules.ts";

/**
 * The time-series detector on the Numenta Anomaly Benchmark by its own rules, then unchanged on the Skoltech Anomaly
 * Benchmark by that one's rules. Neither corpus is ours to ship.
 *   npm run bench:nab -- <checkout of numenta/NAB> [<checkout of waico/SKAB>]
 */
const [nab, skab] = process.argv.slice(2);
if (nab === undefined) {
  process.stderr.write("Usage: npm run bench:nab -- <checkout of numenta/NAB> [<checkout of waico/SKAB>]\n");
  process.exit(2);
}

const SPLITS = 40;
const one = (value: number): string => value.toFixed(2).padStart(6);

/** File × level → raw score, for a fixed grid of levels. */
type Table = readonly (readonly number[])[];

const LEVELS = Array.from({ length: 481 }, (_, i) => 2 + i * 0.025);

function alertsOf(
  files: readonly NabFile[],
  lite: boolean,
): {
  readonly alerts: number[][];
  /** Per second of processor time, so that a busy machine measures the same. */
  readonly pointsPerSecond: number;
} {
  const started = process.cpuUsage();
  const alerts = files.map(({ values, times }) => {
    const series = new Series(lite);
    return values.map((value, i) => series.push(value, times[i] as number).alert);
  });
  const points = alerts.reduce((sum, { length }) => sum + length, 0);
  const { user, system } = process.cpuUsage(started);
  return { alerts, pointsPerSecond: points / ((user + system) / 1e6) };
}

function tableOf(files: readonly NabFile[], alerts: readonly number[][], profile: Profile): Table {
  return files.map((file, i) => {
    const lowest = alarmsAt(alerts[i] ?? [], LEVELS[0] as number);
    return LEVELS.map((level) =>
      rawScore(
        file,
        lowest.filter((row) => (alerts[i]?.[row] ?? 0) >= level),
        profile,
      ),
    );
  });
}

/** Index of the level with the highest summed score on some files: NAB's own optimisation step. */
function bestLevel(table: Table, chosen: readonly number[]): number {
  const sums = LEVELS.map((_, level) => chosen.reduce((sum, file) => sum + (table[file]?.[level] ?? 0), 0));
  return sums.indexOf(Math.max(...sums));
}

const scoreOn = (table: Table, files: readonly NabFile[], chosen: readonly number[], level: number, profile: Profile) =>
  normalised(
    chosen.reduce((sum, file) => sum + (table[file]?.[level] ?? 0), 0),
    windowsOf(chosen.map((file) => files[file] as NabFile)),
    profile,
  );

/** Random halves with equal shares of every folder of the corpus. */
function halves(files: readonly NabFile[], random: Random): readonly [number[], number[]] {
  const both: [number[], number[]] = [[], []];
  const byFolder = Map.groupBy(files.keys(), (index) => files[index]?.name.split("/")[0]);
  for (const members of byFolder.values()) {
    const shuffled = members.map((index) => [random.next(), index] as const).sort((a, b) => a[0] - b[0]);
    const offset = random.next() < 0.5 ? 0 : 1;
    shuffled.forEach(([, index], i) => {
      both[(i + offset) % 2 === 0 ? 0 : 1].push(index);
    });
  }
  return both;
}

/** Mean and standard deviation of the score on the half that did not choose the level. */
function crossValidate(files: readonly NabFile[], table: Table, profile: Profile): readonly [number, number] {
  const random = new Random(1);
  const scores = Array.from({ length: SPLITS }, () => {
    const [a, b] = halves(files, random);
    return (
      (scoreOn(table, files, b, bestLevel(table, a), profile) +
        scoreOn(table, files, a, bestLevel(table, b), profile)) /
      2
    );
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / SPLITS;
  return [mean, Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / SPLITS)];
}

function reportNab(files: readonly NabFile[], lite: boolean): void {
  const fixed = lite ? LITE_ALERT_LEVEL : ALERT_LEVEL;
  const { alerts, pointsPerSecond } = alertsOf(files, lite);
  process.stdout.write(
    `\n${lite ? "lite" : "full"} form, ${Math.round(pointsPerSecond / 1000)},000 points per second of one core\n` +
      `  profile               fixed level ${fixed}   level by NAB's procedure   level from the other half\n`,
  );
  for (const [name, profile] of Object.entries(PROFILES)) {
    const table = tableOf(files, alerts, profile);
    const all = [...files.keys()];
    const best = bestLevel(table, all);
    const raw = files.reduce((sum, file, i) => sum + rawScore(file, alarmsAt(alerts[i] ?? [], fixed), profile), 0);
    const [mean, deviation] = crossValidate(files, table, profile);
    process.stdout.write(
      `  ${name.padEnd(20)} ${one(normalised(raw, windowsOf(files), profile))}` +
        `             ${one(scoreOn(table, files, all, best, profile))} (${LEVELS[best]?.toFixed(2)})` +
        `            ${one(mean)} ± ${deviation.toFixed(2)}\n`,
    );
  }
}

const files = loadNab(nab);
process.stdout.write(`Numenta Anomaly Benchmark v1.1: ${files.length} files, ${windowsOf(files)} windows\n`);
reportNab(files, false);
reportNab(files, true);
process.stdout.write(
  "\nThe first two columns are in-sample: the detector's constants were chosen with this corpus in view, as those of the\n" +
    "published methods were. The third takes only the level from files that are not scored (40 stratified splits, both ways).\n" +
    "Published, standard profile: ARTime 74.85, Numenta HTM 70.10, CAD OSE 69.90, KNN-CAD 57.99 (numenta/NAB).\n",
);

if (skab !== undefined) {
  const scores = scoreSkab(loadSkab(skab));
  process.stdout.write(
    `\nSkoltech Anomaly Benchmark v0.9, change points, one series per channel, no constant changed (out of sample)\n` +
      `  standard ${one(scores.standard)}   low false positives ${one(scores.lowFalsePositives)}   low false negatives ${one(scores.lowFalseNegatives)}` +
      `   missed ${scores.missed} of ${scores.changePoints}, false alarms ${scores.falseAlarms}\n` +
      "Published there, trained on the first 400 rows of each file: MSCRED 32.42, isolation forest 26.16, LSTM-AE 23.51.\n",
  );
}
