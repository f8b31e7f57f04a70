/** A record longer than this is not a log row. Bytes. */
export const MAX_RECORD_BYTES = 1 << 20;

/** The members that a load expects are not known well enough for it. */
export class UnexpectedMember extends Error {}
