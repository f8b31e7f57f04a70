/**
 * Rows of one batch that follow each other in event time, as a cursor: `while (rows.next()) … rows.row`. Who tells
 * something while it reads is known by where the cursor stands.
 */
export class Rows {
  /** Rows of all batches of the stretch; a run of one batch is a part of it. */
  readonly order: Int32Array;
  from = 0;
  to = 0;
  /** Place of the row within the stretch. */
  at = 0;
  row = 0;

  constructor(capacity: number) {
    this.order = new Int32Array(capacity);
  }

  over(from: number, to: number): this {
    [this.from, this.to, this.at] = [from, to, from - 1];
    return this;
  }

  /** The first row. */
  get first(): number {
    return this.order[this.from] as number;
  }

  next(): boolean {
    this.at += 1;
    if (this.at >= this.to) return false;
    this.row = this.order[this.at] as number;
    return true;
  }
}
