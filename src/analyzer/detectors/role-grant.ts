import { resourceOf, type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { missingMass } from "../../stats/good-turing.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf, someName } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, figure, plural } from "../wording.ts";

const defaults = {
  learningDays: 7,
  /** Probability that a grant comes from an actor or concerns a role never seen before, by what the tenant showed. */
  maxProbability: 0.02,
  maxActors: 50_000,
};

const GRANTS = ["add member to role", "add eligible member to role", "roleassignments/write", "elevateaccess"];
/** Just-in-time activation of a role that was granted before, and what the service then does in its own name. */
const ACTIVATIONS = ["pim activation", "completed (pim", "requested (pim"];
const SERVICES = new Set(["ms-pim", "microsoft.azure.syncfabric", "pim"]);

interface Kind {
  uses: number;
}

interface State {
  readonly actors: BoundedMapState<Kind>;
  readonly roles: BoundedMapState<Kind>;
  readonly counts: readonly number[];
  readonly origin: number | null;
  readonly episodes: EpisodesState;
}

const [HOUR, DAY] = [3_600_000, 86_400_000];

const [GRANT, OTHER] = [1, 2];
function kindOf(operation: string): number {
  const name = operation.toLowerCase();
  const isGrant = GRANTS.some((part) => name.includes(part)) && !ACTIVATIONS.some((part) => name.includes(part));
  return isGrant ? GRANT : OTHER;
}

class RoleGrant implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #kinds: NameProperty;
  readonly #actors: BoundedMap<Kind>;
  readonly #roles: BoundedMap<Kind>;
  readonly #episodes: Episodes;
  #grants = 0;
  /** Actors and roles seen exactly once. */
  #singleActors = 0;
  #singleRoles = 0;
  #origin: number | undefined;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#kinds = names.property(kindOf);
    this.#settings = settings;
    this.#actors = new BoundedMap(settings.maxActors);
    this.#roles = new BoundedMap(settings.maxActors);
    this.#episodes = new Episodes(6 * HOUR, emit);
  }

  get evictions(): number {
    return this.#actors.evictions + this.#roles.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const { time: times, names } = batch;
    const [kinds, codes] = [this.#kinds, this.#bits];
    const acts = someName(operation, (used) => kinds.of(used) === GRANT);
    const read = this.#episodes.reader(times, acts, (row, time) => {
      if (kinds.of(operation[row] as number) !== GRANT) return;
      if ((codes.of(code[row] as number) & (ANNOUNCEMENT_BIT | FAILURE_BIT)) !== 0) return;
      const [actor, role] = [subjectOf(batch, row), resourceOf(batch, row)];
      const used = names.text(operation[row] as number);
      if (actor !== "" && !SERVICES.has(actor.toLowerCase())) this.#grant(actor, role, used, time);
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
    return {
      actors: this.#actors.snapshot(),
      roles: this.#roles.snapshot(),
      counts: [this.#grants, this.#singleActors, this.#singleRoles],
      origin: this.#origin ?? null,
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { actors, roles, counts, origin, episodes } = state as State;
    this.#actors.restore(actors);
    this.#roles.restore(roles);
    [this.#grants = 0, this.#singleActors = 0, this.#singleRoles = 0] = counts;
    this.#origin = origin ?? undefined;
    this.#episodes.restore(episodes);
  }

  #grant(actor: string, role: string, operation: string, time: number): void {
    const history = time - (this.#origin ?? time);
    const isNewActor = this.#actors.get(actor) === undefined;
    if (isNewActor && history >= this.#settings.learningDays * DAY) this.#judge(actor, role, operation, time, history);
    this.#singleActors += use(this.#actors, actor);
    if (role !== "") this.#singleRoles += use(this.#roles, role);
    this.#grants += 1;
  }

  #judge(actor: string, role: string, operation: string, time: number, history: number): void {
    const newActor = missingMass(this.#singleActors, this.#grants);
    const isNewRole = role !== "" && this.#roles.get(role) === undefined;
    const probability = newActor * (isNewRole ? missingMass(this.#singleRoles, this.#grants) : 1);
    if (probability > this.#settings.maxProbability) return;
    this.#episodes.report(actor, {
      subject: actor,
      time,
      score: -Math.log10(probability),
      reason:
        `${operation}${role === "" ? "" : ` (${role})`}: the first grant by this actor in ${duration(history)}; ` +
        `of ${plural(this.#grants, "grant")} so far, ${plural(this.#singleActors, "actor")} made only one, so a new actor has ` +
        `probability ${figure(newActor)} (limit ${this.#settings.maxProbability})${isNewRole ? ", and the role is new too" : ""}.`,
    });
  }
}

/** Counts a use; answers how that changes the number of kinds seen exactly once. */
function use(kinds: BoundedMap<Kind>, name: string): number {
  const kind = kinds.at(name, () => ({ uses: 0 }));
  kind.uses += 1;
  return kind.uses === 1 ? 1 : kind.uses === 2 ? -1 : 0;
}

/**
 * A directory or resource role is granted by somebody who never grants roles, in a tenant where that is rare: the
 * Good–Turing probability of a new actor (times that of a new role). Activations of eligible roles do not count.
 */
export default detector({
  name: "role-grant",
  pillars: ["identities", "infrastructure"],
  needs: ["Operation"],
  defaults,
  relaxed: { maxProbability: 0.2 },
  create: (settings, emit, names) => new RoleGrant(settings, emit, names),
});
