import { setTimeout as delay } from "node:timers/promises";

export interface Limits {
  /** Requests at the same time. */
  readonly concurrency: number;
  /** Requests that may start within `period` milliseconds. */
  readonly rate: number;
  readonly period: number;
}

/** Log Analytics' limits per identity. Source: Azure Monitor service limits, "Query API". */
export const LOGS_LIMITS: Limits = { concurrency: 5, rate: 200, period: 30_000 };

/** Answers in a row without a complaint after which one more request at a time is tried. */
const RECOVERY = 10;

/**
 * Holds requests within a service's limits. A complaint (429, 503) halves what runs at the same time and makes
 * everybody wait as long as the service asks; calm brings it back one by one.
 */
export class Limiter {
  readonly #limits: Limits;
  readonly #starts: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #allowed: number;
  #running = 0;
  #calm = 0;
  #closedUntil = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#allowed = limits.concurrency;
  }

  get concurrency(): number {
    return this.#allowed;
  }

  /** Runs a task as soon as the limits allow. An abort ends the wait. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#wake();
    }
  }

  calm(): void {
    this.#calm += 1;
    if (this.#calm < RECOVERY || this.#allowed >= this.#limits.concurrency) return;
    this.#calm = 0;
    this.#allowed += 1;
    this.#wake();
  }

  complaint(wait: number): void {
    this.#calm = 0;
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
    this.#closedUntil = Math.max(this.#closedUntil, Date.now() + wait);
  }

  #wake(): void {
    this.#waiting.shift()?.();
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#running >= this.#allowed) {
        await this.#turn(signal);
        continue;
      }
      const pause = this.#pause();
      if (pause === 0) break;
      // The place is taken while waiting: otherwise everybody would start together.
      this.#running += 1;
      try {
        await delay(pause, undefined, signal && { signal });
      } finally {
        this.#running -= 1;
      }
    }
    this.#running += 1;
    this.#starts.push(Date.now());
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const abort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(entry);
    });
  }

  #pause(): number {
    const now = Date.now();
    while (this.#starts.length > 0 && now - (this.#starts[0] as number) >= this.#limits.period) this.#starts.shift();
    const rate = this.#starts.length < this.#limits.rate ? 0 : (this.#starts[0] as number) + this.#limits.period - now;
    return Math.max(0, rate, this.#closedUntil - now);
  }
}
