/** The columns of a stored table are numbered in the order of the catalogue: Kusto's names are case-sensitive, DuckDB's not. */
export const numberedColumn = (index: number): string => `x${index}`;
