import type { AuthMethod } from "../../backends/auth/credential.ts";

/** Environment variables that every host gives the job. */
export const VARIABLES = ["WORKSPACE", "ZTLENS_ENDPOINT", "ZTLENS_RULE"] as const;

/**
 * The one command of every host, for a POSIX shell: assess, publish, and send what an earlier run had to leave. A table
 * that is missing is no failure of the job: the results say so.
 */
export const runCommand = (auth: AuthMethod, state: string, ztlens = "ztlens"): string =>
  `${ztlens} run --workspace "$WORKSPACE" --auth ${auth} --state ${state} --publish "$ZTLENS_ENDPOINT" --rule "$ZTLENS_RULE" --allow-partial`;
