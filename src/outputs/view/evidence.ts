/** The bundle that a view is of: whoever has it can check every figure. */
export interface Evidence {
  /** sha256 of its manifest, hex. */
  readonly digest: string;
}

export interface ViewOptions {
  readonly evidence?: Evidence;
}
