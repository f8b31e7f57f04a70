import type { Limits } from "./types.ts";

const SETTING = /(?:^|;|\n)\s*set\s+(truncationmaxrecords|truncationmaxsize)\s*=\s*(\d{1,15})/gi;

/** The limits of one query: its text, or its request properties, may lower them. */
export function limitsOf(kql: string, options: Readonly<Record<string, unknown>>, limits: Limits): Limits {
  let { rows, bytes } = limits;
  const lower = (name: string, value: number): void => {
    if (name === "truncationmaxrecords") rows = Math.min(rows, value);
    else bytes = Math.min(bytes, value);
  };
  for (const [, name = "", value = ""] of kql.matchAll(SETTING)) lower(name.toLowerCase(), Number(value));
  for (const name of ["truncationmaxrecords", "truncationmaxsize"]) {
    const value = Number(options[name] ?? Number.NaN);
    if (value >= 0) lower(name, value);
  }
  return { rows, bytes };
}
