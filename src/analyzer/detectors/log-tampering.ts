import { resourceOf, type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { plural } from "../wording.ts";

const defaults = {
  /** Such operations by a caller in its history that make one more routine (a pipeline that rebuilds diagnostics). */
  routineUses: 10,
  maxCallers: 50_000,
};

/** Operations that end or thin out the record of what happens (MITRE ATT&CK T1562.008). Lower-case parts of names. */
const TAMPERING = [
  "diagnosticsettings/delete",
  "insights/logprofiles/delete",
  "insights/activitylogalerts/delete",
  "insights/datacollectionrules/delete",
  "insights/datacollectionruleassociations/delete",
  "operationalinsights/workspaces/delete",
  "operationalinsights/workspaces/purge",
  "operationalinsights/workspaces/tables/delete",
  "operationalinsights/workspaces/datasources/delete",
  "securityinsights/alertrules/delete",
  "securityinsights/dataconnectors/delete",
  "securityinsights/automationrules/delete",
  "securityinsights/incidents/delete",
  "network/networkwatchers/flowlogs/delete",
  "network/networkwatchers/delete",
  "security/automations/delete",
  "security/pricings/delete",
  "eventhub/namespaces/delete",
  "set-adminauditlogconfig",
  "set-mailboxauditbypassassociation",
  "remove-unifiedauditlogretentionpolicy",
  "disable unified audit log",
];

const [TAMPERS, OTHER] = [1, 2];
function kindOf(operation: string): number {
  const name = operation.toLowerCase();
  return TAMPERING.some((part) => name.includes(part)) ? TAMPERS : OTHER;
}

interface Caller {
  uses: number;
  /** Uses and distinct resources of the running episode. */
  recent: (readonly [number, string])[];
}

interface State {
  readonly callers: BoundedMapState<Caller>;
  readonly episodes: EpisodesState;
  readonly total: number;
  readonly tampering: number;
}

const HOUR = 3_600_000;
const MAX_RECENT = 64;

class LogTampering implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #kinds: NameProperty;
  readonly #callers: BoundedMap<Caller>;
  readonly #episodes: Episodes;
  #total = 0;
  #tampering = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#kinds = names.property(kindOf);
    this.#settings = settings;
    this.#callers = new BoundedMap(settings.maxCallers);
    this.#episodes = new Episodes(HOUR, emit);
  }

  get evictions(): number {
    return this.#callers.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId, names } = batch;
    const [kinds, codes, episodes] = [this.#kinds, this.#bits, this.#episodes];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const [used, bits] = [operation[row] as number, codes.of(code[row] as number)];
        if (used === 0 || subjectId[row] === 0 || (bits & FAILURE_BIT) !== 0) continue;
        this.#total += 1;
        if (kinds.of(used) !== TAMPERS || (bits & ANNOUNCEMENT_BIT) !== 0) continue;
        this.#tampering += 1;
        this.#judge(subjectOf(batch, row), names.text(used), resourceOf(batch, row), time);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const [total, tampering] = [this.#total, this.#tampering];
    return { callers: this.#callers.snapshot(), episodes: this.#episodes.snapshot(), total, tampering };
  }

  restore(state: unknown): void {
    const { callers, episodes, total, tampering } = state as State;
    this.#callers.restore(callers);
    this.#episodes.restore(episodes);
    [this.#total, this.#tampering] = [total, tampering];
  }

  #judge(name: string, operation: string, resource: string, time: number): void {
    const caller = this.#callers.at(name, () => ({ uses: 0, recent: [] }));
    caller.recent = caller.recent.filter(([used]) => used > time - HOUR).slice(1 - MAX_RECENT);
    // Uses of this episode are no history yet.
    const history = caller.uses - caller.recent.length;
    caller.recent.push([time, resource]);
    caller.uses += 1;
    if (history >= this.#settings.routineUses) return;
    const resources = new Set(caller.recent.map(([, target]) => target)).size;
    const share = this.#tampering / this.#total;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: 5 + caller.recent.length - Math.log10(share),
      reason:
        `${operation} and ${plural(caller.recent.length - 1, "more operation")} that end logging, on ${plural(resources, "resource")} within an hour; ` +
        `the caller did so ${plural(history, "time")} before (routine from ${this.#settings.routineUses}), ` +
        `the tenant in ${this.#tampering} of ${this.#total} operations.`,
    });
  }
}

/**
 * Somebody switches the record off: diagnostic settings, data collection, analytic rules, connectors, flow logs or the
 * workspace itself are deleted. A pipeline that does so routinely is learned.
 */
export default detector({
  name: "log-tampering",
  pillars: ["infrastructure"],
  needs: ["Operation"],
  defaults,
  create: (settings, emit, names) => new LogTampering(settings, emit, names),
});
