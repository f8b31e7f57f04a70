import type { Formatter, Item, Visibility } from "../../src/publish/workbook/items.ts";
import { workbook } from "../../src/publish/workbook/workbook.ts";

export interface QueryContent {
  readonly query: string;
  readonly title: string;
  readonly visualization: "table" | "tiles" | "timechart" | "categoricalbar";
  readonly noDataMessage: string;
  readonly exportFieldName?: string;
  readonly exportParameterName?: string;
  readonly gridSettings?: {
    readonly formatters: readonly Formatter[];
    readonly labelSettings: readonly { readonly columnId: string; readonly label: string }[];
  };
  readonly tileSettings?: Readonly<
    Record<"titleContent" | "leftContent" | "secondaryContent" | "subtitleContent", Formatter>
  > & { readonly sortCriteriaField: string };
  readonly chartSettings?: { readonly xAxis: string; readonly yAxis: readonly string[]; readonly group: string };
}

export interface Placed {
  readonly item: Item;
  /** The conditions of the item and of the groups around it. */
  readonly visibility: readonly Visibility[];
}

const contentItems = (item: Item): readonly Item[] => (item.content.items as readonly Item[] | undefined) ?? [];

function place(items: readonly Item[], above: readonly Visibility[]): Placed[] {
  return items.flatMap((item) => {
    const visibility = item.conditionalVisibility ? [...above, item.conditionalVisibility] : above;
    return [{ item, visibility }, ...place(contentItems(item), visibility)];
  });
}

/** Every item of the workbook, groups before what they hold. */
export const placed: readonly Placed[] = place(workbook().items, []);

export const queryItems = placed.filter(({ item }) => item.type === 3).map(({ item }) => item);
export const contentOf = (item: Item): QueryContent => item.content as unknown as QueryContent;

export interface ParameterContent {
  readonly name: string;
  readonly type: number;
  readonly query?: string;
  readonly queryType?: number;
}

export const workbookParameters: readonly ParameterContent[] = placed
  .filter(({ item }) => item.type === 9)
  .flatMap(({ item }) => item.content.parameters as readonly ParameterContent[]);

/** A query with its parameters pasted in, as the portal does. */
export const pasted = (query: string, values: Readonly<Record<string, string>>): string =>
  query.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
