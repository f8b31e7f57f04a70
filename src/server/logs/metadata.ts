import type { Response, Service } from "../types.ts";

/** Tables with their columns, and saved functions, in the form of the API's `metadata`. */
export function metadata(scope: string, { backend }: Service): Response {
  const { schema } = backend;
  const tables = [...schema.names()].sort().flatMap((name) => {
    const columns = schema.table(name)?.columns.map(({ name: column, type }) => ({ name: column, type }));
    return columns ? [{ id: `t/${name}`, name, timespanColumn: "TimeGenerated", hasData: true, columns }] : [];
  });
  const functions = [...(schema.functions ?? [])].map(([name, body]) => ({ id: `f/${name}`, name, body }));
  const id = scope.slice(scope.lastIndexOf("/") + 1);
  const workspace = {
    id,
    resourceId: `/${scope}`,
    name: id,
    region: "local",
    tables: tables.map((table) => table.id),
    functions: functions.map((saved) => saved.id),
  };
  const body = { tables, functions, workspaces: [workspace] };
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: [JSON.stringify(body)] };
}
