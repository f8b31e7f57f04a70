import type { Activity, Anomaly, Assessment, Insights } from "../../core/assessment.ts";
import { visibleText } from "../../core/text/visible.ts";
import { integer, plural } from "../view/format.ts";

/** The map of sign-ins: [latitude, longitude, country, events, refused, failed, users, names]. */
export const placesData = ({ places }: Insights) =>
  places.map((place) => [
    place.latitude,
    place.longitude,
    visibleText(place.country),
    place.events,
    place.refused,
    place.failed,
    place.users,
    place.names.map(visibleText),
  ]);

/** Network segments: [source, target, flows, bytes, denied, unintended]. */
export const flowsData = ({ flows }: Insights) =>
  flows.map(({ source, target, flows: count, bytes, denied, unintended }) => [
    visibleText(source),
    visibleText(target),
    count,
    bytes,
    denied,
    unintended,
  ]);

const key = (pillar: string, subject: string | null): string => `${pillar}\n${subject}`;

/** The series behind an anomaly: that of its subject, or of the pillar where the number of its events is the anomaly. */
export function activityOf({ insights }: Assessment): (anomaly: Anomaly) => Activity | undefined {
  const series = new Map((insights?.activity ?? []).map((one) => [key(one.pillar, one.subject), one]));
  return ({ pillar, subject }) =>
    series.get(key(pillar, subject)) ?? (subject === "events" ? series.get(key(pillar, null)) : undefined);
}

/** Where on the series an anomaly lies, and what the series was before it. */
export function baselineOf({ start, stepHours, events }: Activity, time: string) {
  const at = Math.floor((Date.parse(time) - Date.parse(start)) / 3_600_000 / stepHours);
  const before = events.slice(0, Math.max(0, at));
  const active = before.filter((count) => count > 0).sort((a, b) => a - b);
  return {
    at,
    median: active[Math.floor((active.length - 1) / 2)] ?? 0,
    most: active.at(-1) ?? 0,
    active: active.length,
    steps: before.length,
  };
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** `290 events in the window, among 200 subjects of type user: median 228, 95th percentile 251, most 282`. */
export function peersText({ insights }: Assessment, { pillar, subjectType, events }: Activity): string | null {
  const peers = insights?.peers.find((one) => one.pillar === pillar && one.subjectType === subjectType);
  if (!peers) return null;
  const { subjects, median, p95, most } = peers;
  return (
    `${plural(total(events), "event")} in the window; its peers, ${plural(subjects, `${visibleText(peers.subjectType)}`)}, ` +
    `have a median of ${integer(median)}, ${integer(p95)} at the 95th percentile and ${integer(most)} at most.`
  );
}
