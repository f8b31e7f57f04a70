import { type Offender, offenderLabel } from "../../evidence/offenders.ts";

export { type Offender, offenderLabel } from "../../evidence/offenders.ts";

/** Subjects in the order of the rows, each once, with its largest figure. */
export function distinctSubjects(offenders: readonly Offender[]): Map<string, number | null> {
  const subjects = new Map<string, number | null>();
  for (const offender of offenders) {
    const { subject, size } = offenderLabel(offender);
    const known = subjects.get(subject);
    if (known === undefined || (size !== null && (known === null || size > known))) subjects.set(subject, size);
  }
  return subjects;
}
