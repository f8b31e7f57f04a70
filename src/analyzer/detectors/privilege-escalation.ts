import { resourceOf, type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf, someName } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "../outcome.ts";
import { NO_PRIVILEGE, privileges } from "../privileged.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  /** Hours within which the steps follow each other. */
  windowHours: 24,
  /** Privileged operations that the caller never used before, the grant included. */
  minSteps: 3,
  learningDays: 3,
  maxCallers: 50_000,
};

/** Operations that give the caller, or somebody for it, more rights than before. */
const GRANTS = [
  "roleassignments/write",
  "roledefinitions/write",
  "elevateaccess",
  "add member to role",
  "add eligible member to role",
  "add app role assignment to service principal",
  "add service principal credentials",
  "add owner to",
  "federatedidentitycredentials/write",
  "accesspolicies",
];

interface Caller {
  /** Privileged operations ever used. */
  known: string[];
  /** First uses within the window: [time, operation]. */
  steps: (readonly [number, string])[];
}

interface State {
  readonly callers: BoundedMapState<Caller>;
  readonly origin: number | null;
  readonly episodes: EpisodesState;
}

const [HOUR, DAY] = [3_600_000, 86_400_000];
const MAX_KNOWN = 64;

const isGrant = (operation: string): boolean => {
  const name = operation.toLowerCase();
  return GRANTS.some((part) => name.includes(part));
};

class PrivilegeEscalation implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #privileges: NameProperty;
  readonly #callers: BoundedMap<Caller>;
  readonly #episodes: Episodes;
  #origin: number | undefined;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#privileges = privileges(names);
    this.#settings = settings;
    this.#callers = new BoundedMap(settings.maxCallers);
    this.#episodes = new Episodes(settings.windowHours * HOUR, emit);
  }

  get evictions(): number {
    return this.#callers.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId, names } = batch;
    const [privileges, codes] = [this.#privileges, this.#bits];
    const acts = someName(operation, (used) => used !== 0 && privileges.of(used) !== NO_PRIVILEGE);
    const read = this.#episodes.reader(times, acts, (row, time) => {
      const used = operation[row] as number;
      if (used === 0 || subjectId[row] === 0 || privileges.of(used) === NO_PRIVILEGE) return;
      if ((codes.of(code[row] as number) & (ANNOUNCEMENT_BIT | FAILURE_BIT)) !== 0) return;
      this.#step(subjectOf(batch, row), names.text(used), resourceOf(batch, row), time);
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
      callers: this.#callers.snapshot(),
      origin: this.#origin ?? null,
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { callers, origin, episodes } = state as State;
    this.#callers.restore(callers);
    this.#origin = origin ?? undefined;
    this.#episodes.restore(episodes);
  }

  #step(name: string, operation: string, resource: string, time: number): void {
    const caller = this.#callers.at(name, () => ({ known: [], steps: [] }));
    if (caller.known.includes(operation)) return;
    caller.known = [...caller.known.slice(1 - MAX_KNOWN), operation];
    const { windowHours, minSteps, learningDays } = this.#settings;
    if (time - (this.#origin ?? time) < learningDays * DAY) return;
    caller.steps = [
      ...caller.steps.filter(([since]) => since >= time - windowHours * HOUR),
      [time, operation] as const,
    ];
    const grant = caller.steps.findIndex(([, step]) => isGrant(step));
    if (caller.steps.length < minSteps || grant < 0) return;
    const [start] = caller.steps[0] as readonly [number, string];
    this.#episodes.report(name, {
      subject: name,
      time,
      score: caller.steps.length + (grant < caller.steps.length - 1 ? 1 : 0),
      reason:
        `${plural(caller.steps.length, "privileged operation")} that the caller had never used, within ${duration(time - start)} ` +
        `(limit ${minSteps} in ${windowHours} h, one of them a grant): ${caller.steps.map(([, step]) => step).join(", ")}; the last on ${resource}.`,
    });
  }
}

/**
 * A chain of first steps: a caller uses several privileged operations that it never used before within a day, one of them
 * a grant of rights. Each alone may be a new duty; together they are how an account takes over (MITRE ATT&CK TA0004).
 */
export default detector({
  name: "privilege-escalation",
  pillars: ["infrastructure", "identities"],
  needs: ["Operation"],
  defaults,
  relaxed: { minSteps: 2 },
  create: (settings, emit, names) => new PrivilegeEscalation(settings, emit, names),
});
