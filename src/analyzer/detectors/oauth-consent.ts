import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  learningDays: 7,
  /** Users that consent to a new application within the window. */
  minUsers: 3,
  windowHours: 1,
  /** How long an application counts as new after its first consent. */
  newDays: 3,
  maxApplications: 50_000,
};

const CONSENTS = ["consent to application", "add oauth2permissiongrant", "add delegated permission grant"];
/** Consent for everybody, or permissions that need no user: one is enough. */
const ADMIN = ["add app role assignment to service principal"];
const MAX_CONSENTS = 256;

interface Application {
  readonly first: number;
  /** [time, user] of the consents in the window. */
  consents: (readonly [number, string])[];
}

interface State {
  readonly applications: BoundedMapState<Application>;
  readonly episodes: EpisodesState;
  readonly origin: number | null;
}

const [HOUR, DAY] = [3_600_000, 86_400_000];

type Kind = "consent" | "admin" | "none";
const kinds = new Map<string, Kind>();

function kindOf(operation: string): Kind {
  let kind = kinds.get(operation);
  if (kind === undefined) {
    const name = operation.toLowerCase();
    kind = ADMIN.some((part) => name.includes(part))
      ? "admin"
      : CONSENTS.some((part) => name.includes(part))
        ? "consent"
        : "none";
    if (kinds.size < 5000) kinds.set(operation, kind);
  }
  return kind;
}

class OAuthConsent implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #applications: BoundedMap<Application>;
  readonly #episodes: Episodes;
  #origin: number | undefined;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#applications = new BoundedMap(settings.maxApplications);
    this.#episodes = new Episodes(settings.windowHours * HOUR, emit);
  }

  get evictions(): number {
    return this.#applications.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [operation, app, code] = [textOf(batch, "Operation"), textOf(batch, "App"), textOf(batch, "ResultCode")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#origin ??= time;
      this.#episodes.expire(time);
      const kind = kindOf(operation(row));
      if (kind === "none" || outcomeOf(code(row)) === "failure") return;
      const [name, user] = [app(row) || (batch.resource[row] as string), batch.subject[row] as string];
      if (name !== "" && user !== "") this.#consent(name, user, time, kind === "admin");
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const [applications, episodes] = [this.#applications.snapshot(), this.#episodes.snapshot()];
    return { applications, episodes, origin: this.#origin ?? null };
  }

  restore(state: unknown): void {
    const { applications, episodes, origin } = state as State;
    this.#applications.restore(applications);
    this.#episodes.restore(episodes);
    this.#origin = origin ?? undefined;
  }

  #consent(name: string, user: string, time: number, admin: boolean): void {
    const { learningDays, minUsers, windowHours, newDays } = this.#settings;
    const application = this.#applications.at(name, () => ({ first: time, consents: [] }));
    application.consents.push([time, user]);
    application.consents = application.consents
      .filter(([consented]) => consented >= time - windowHours * HOUR)
      .slice(-MAX_CONSENTS);
    const history = time - (this.#origin ?? time);
    // What the tenant used before the learning was over is not new to it.
    const isNew =
      application.first - (this.#origin ?? time) >= learningDays * DAY && time - application.first <= newDays * DAY;
    const users = new Set(application.consents.map(([, consenter]) => consenter)).size;
    if (!isNew || (users < minUsers && !admin)) return;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: users + (admin ? 5 : 0),
      reason: admin
        ? `${user} granted permissions without a user to an application first seen ${duration(time - application.first)} before, in ${duration(history)} of history.`
        : `${plural(users, "user")} consented within ${windowHours} h (limit ${minUsers}) to an application first seen ${duration(time - application.first)} before, last ${user}.`,
    });
  }
}

/**
 * Consent phishing: several users consent within an hour to an application that the tenant did not know, or one
 * administrator grants it permissions that need no user. Source: Sentinel's suspicious-consent rules.
 */
export default detector({
  name: "oauth-consent",
  pillars: ["identities", "applications"],
  needs: ["Operation"],
  defaults,
  create: (settings, emit) => new OAuthConsent(settings, emit),
});
