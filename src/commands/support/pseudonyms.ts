import { Option } from "commander";
import type { Assessment } from "../../core/assessment.ts";
import type { Pseudonymiser } from "../../evidence/pseudonym.ts";
import { readKey } from "./evidence.ts";

export const pseudonymiseOption = (): Option =>
  new Option("--pseudonymise <keyfile>", "replace users, hosts and addresses by keyed tokens (see ztlens reveal)");

export async function pseudonymiserOf(file: string): Promise<Pseudonymiser> {
  const { Pseudonymiser: Keyed } = await import("../../evidence/pseudonym.ts");
  return new Keyed(readKey(file));
}

/** The assessment as it may leave: with pseudonyms where a key file was given. */
export async function withPseudonyms(assessment: Assessment, file: string | undefined): Promise<Assessment> {
  if (file === undefined) return assessment;
  const { pseudonymise } = await import("../../evidence/pseudonymise.ts");
  return pseudonymise(assessment, await pseudonymiserOf(file));
}
