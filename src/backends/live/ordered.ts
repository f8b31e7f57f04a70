/** What a job came to: a result, or jobs that replace it in its place. */
export type Outcome<J, R> = { readonly result: R } | { readonly instead: readonly J[] };

/**
 * Runs jobs ahead of the reader, at most `ahead` at a time, and gives their results in the order of the jobs. A job can
 * be replaced by smaller ones. Leaving early aborts what runs.
 */
export async function* ordered<J, R>(
  jobs: readonly J[],
  ahead: number,
  run: (job: J, signal: AbortSignal) => Promise<Outcome<J, R>>,
  signal?: AbortSignal,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const queue: { readonly job: J; started?: Promise<Outcome<J, R>> }[] = jobs.map((job) => ({ job }));
  try {
    for (let head = queue[0]; head; head = queue[0]) {
      for (const entry of queue.slice(0, ahead)) {
        if (entry.started) continue;
        entry.started = run(entry.job, both);
        // The reader meets the failure when it comes to this job.
        entry.started.catch(() => undefined);
      }
      const outcome = await (head.started as Promise<Outcome<J, R>>);
      if ("instead" in outcome) queue.splice(0, 1, ...outcome.instead.map((job) => ({ job })));
      else {
        queue.shift();
        yield outcome.result;
      }
    }
  } finally {
    stop.abort(new Error("no longer needed"));
  }
}
