import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { plural } from "../wording.ts";

const defaults = {
  minAccounts: 5,
  windowMinutes: 20,
  maxAddresses: 50_000,
  maxAttempts: 512,
};

/** Wrong password, locked, expired, no password, no such user; Windows: bad user, bad password, locked out. */
const CREDENTIAL_FAILURES = new Set(
  "50126 50053 50055 50056 50034 0xc000006a 0xc000006d 0xc0000064 0xc0000234 0xc0000071".split(" "),
);

/** [time, account, succeeded] */
type Attempt = readonly [number, string, boolean];

interface State {
  readonly addresses: BoundedMapState<Attempt[]>;
  readonly episodes: EpisodesState;
}

const [FAILED, OTHER] = [1, 2];
const MINUTE = 60_000;

class PasswordSpray implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #failures: NameProperty;
  readonly #addresses: IdMap<Attempt[]>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#failures = names.property((code) => (CREDENTIAL_FAILURES.has(code.toLowerCase()) ? FAILED : OTHER));
    this.#settings = settings;
    this.#addresses = new IdMap(names, settings.maxAddresses);
    this.#episodes = new Episodes(settings.windowMinutes * MINUTE, emit);
  }

  get evictions(): number {
    return this.#addresses.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [ip, code] = [idsOf(batch, "IP"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId, names } = batch;
    const [addresses, episodes, codes, failures] = [this.#addresses, this.#episodes, this.#bits, this.#failures];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, ip[row] as number];
        episodes.expire(time);
        if (id === 0 || subjectId[row] === 0) continue;
        const failed = failures.of(code[row] as number) === FAILED;
        if (!failed && (codes.of(code[row] as number) & SUCCESS_BIT) === 0) continue;
        // A success alone starts nothing: only addresses that have failed are remembered.
        const attempts = failed ? addresses.at(id, () => []) : addresses.get(id);
        if (!attempts) continue;
        const address = names.text(id);
        attempts.push([time, subjectOf(batch, row), !failed]);
        this.#trim(attempts, time - this.#settings.windowMinutes * MINUTE);
        if (failed || this.#episodes.isOpen(address)) this.#judge(address, attempts, time);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      addresses: this.#addresses.snapshot(),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { addresses, episodes } = state as State;
    this.#addresses.restore(addresses);
    this.#episodes.restore(episodes);
  }

  #trim(attempts: Attempt[], since: number): void {
    let drop = Math.max(0, attempts.length - this.#settings.maxAttempts);
    while (drop < attempts.length && (attempts[drop] as Attempt)[0] < since) drop += 1;
    if (drop > 0) attempts.splice(0, drop);
  }

  #judge(address: string, attempts: readonly Attempt[], time: number): void {
    if (attempts.length < this.#settings.minAccounts) return;
    const failed = new Set<string>();
    const succeeded = new Set<string>();
    for (const [, account, success] of attempts) (success ? succeeded : failed).add(account);
    const { minAccounts, windowMinutes } = this.#settings;
    if (failed.size < minAccounts || failed.size <= succeeded.size) return;
    const broken = [...succeeded].filter((account) => failed.has(account));
    const [first] = broken;
    const outcome =
      first === undefined ? "none of them then succeeded" : `${broken.length} then succeeded, first ${first}`;
    this.#episodes.report(address, {
      subject: address,
      time,
      score: failed.size / minAccounts + broken.length,
      reason:
        `${address} failed to sign in to ${plural(failed.size, "account")} within ${windowMinutes} min ` +
        `(limit ${minAccounts}) and succeeded for ${succeeded.size}; ${outcome}.`,
    });
  }
}

/**
 * One address that fails on many accounts: at least 5 in a sliding window of 20 minutes, and more accounts failed than
 * succeeded. Source: Sentinel's SigninPasswordSpray rule; a sliding window, because fixed buckets split bursts.
 */
export default detector({
  name: "password-spray",
  pillars: ["identities"],
  needs: ["IP", "ResultCode"],
  defaults,
  relaxed: { minAccounts: 3 },
  create: (settings, emit, names) => new PasswordSpray(settings, emit, names),
});
