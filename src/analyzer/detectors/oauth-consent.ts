import { resourceOf, type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf, someName } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
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

const [BY_ADMIN, BY_USER, OTHER] = [1, 2, 3];

function kindOf(operation: string): number {
  const name = operation.toLowerCase();
  if (ADMIN.some((part) => name.includes(part))) return BY_ADMIN;
  return CONSENTS.some((part) => name.includes(part)) ? BY_USER : OTHER;
}

class OAuthConsent implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #kinds: NameProperty;
  readonly #applications: BoundedMap<Application>;
  readonly #episodes: Episodes;
  #origin: number | undefined;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#kinds = names.property(kindOf);
    this.#settings = settings;
    this.#applications = new BoundedMap(settings.maxApplications);
    this.#episodes = new Episodes(settings.windowHours * HOUR, emit);
  }

  get evictions(): number {
    return this.#applications.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, app, code] = [idsOf(batch, "Operation"), idsOf(batch, "App"), idsOf(batch, "ResultCode")];
    const { time: times, names } = batch;
    const [kinds, codes] = [this.#kinds, this.#bits];
    const acts = someName(operation, (used) => kinds.of(used) !== OTHER);
    const read = this.#episodes.reader(times, acts, (row, time) => {
      const kind = kinds.of(operation[row] as number);
      if (kind === OTHER || (codes.of(code[row] as number) & FAILURE_BIT) !== 0) return;
      const name = names.text(app[row] as number) || resourceOf(batch, row);
      const user = subjectOf(batch, row);
      if (name !== "" && user !== "") this.#consent(name, user, time, kind === BY_ADMIN);
    });
    return (rows) => {
      this.#origin ??= times[rows.first] as number;
      read(rows);
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
  create: (settings, emit, names) => new OAuthConsent(settings, emit, names),
});
