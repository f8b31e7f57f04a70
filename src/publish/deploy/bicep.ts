import { type Deployment, Expression, type Json, type Parameter, type Resource } from "./model.ts";

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A Bicep string: single-quoted, ASCII, with every character that could end it or start an expression escaped. */
export const bicepString = (text: string): string =>
  `'${text
    .replace(/[\\'\n\r\t]|\$\{/g, (found) => ESCAPES[found] ?? `\\${found}`)
    .replace(/[^\x20-\x7e]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}'`;

const isPlainKey = (key: string): boolean => /^[A-Za-z_]\w*$/.test(key);

/** The model as a Bicep file. Dependencies follow from what names what. */
export function bicepText(deployment: Deployment): string {
  const { description, parameters, resources, outputs } = deployment;
  return `${[
    `metadata description = ${bicepString(description)}`,
    "",
    ...parameters.flatMap(parameterLines),
    "",
    ...resources.flatMap((resource) => [...resourceLines(resource), ""]),
    ...Object.entries(outputs).map(([name, value]) => `output ${name} string = ${expression(value)}`),
  ].join("\n")}\n`;
}

const parameterLines = ({ name, type, description, value }: Parameter): string[] => [
  `@description(${bicepString(description)})`,
  `param ${name} ${type}${value === undefined ? "" : ` = ${written(value, "")}`}`,
];

function resourceLines(resource: Resource): string[] {
  const { key, type, apiVersion, existing, parent, scope, name, location, kind, identities, etag, properties, after } =
    resource;
  const members: [string, string][] = [
    ...(parent === undefined ? [] : [["parent", parent] as [string, string]]),
    ...(scope === undefined ? [] : [["scope", scope] as [string, string]]),
    ["name", written(name, "  ")],
    ...(location ? [["location", written(location, "  ")] as [string, string]] : []),
    ...(kind === undefined ? [] : [["kind", bicepString(kind)] as [string, string]]),
    ...(identities ? [["identity", identityText(identities)] as [string, string]] : []),
    ...(etag === undefined ? [] : [["etag", bicepString(etag)] as [string, string]]),
    ...(properties === undefined ? [] : [["properties", written(properties, "  ")] as [string, string]]),
    ...(after === undefined
      ? []
      : [["dependsOn", `[\n${after.map((one) => `    ${one}\n`).join("")}  ]`] as [string, string]]),
  ];
  return [
    `resource ${key} '${type}@${apiVersion}'${existing ? " existing" : ""} = {`,
    ...members.map(([member, text]) => `  ${member}: ${text}`),
    "}",
  ];
}

const identityText = (ids: readonly Expression[]): string =>
  `{\n    type: 'UserAssigned'\n    userAssignedIdentities: {\n${ids.map((id) => `      '\${${expression(id)}}': {}\n`).join("")}    }\n  }`;

function written(value: Json, indent: string): string {
  if (value instanceof Expression) return expression(value);
  if (typeof value === "string") return bicepString(value);
  if (typeof value !== "object" || value === null) return numeric(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((member: Json) => `${inner}${written(member, inner)}\n`).join("")}${indent}]`;
  }
  const members = Object.entries(value);
  if (members.length === 0) return "{}";
  const lines = members.map(
    ([key, member]) => `${inner}${isPlainKey(key) ? key : bicepString(key)}: ${written(member as Json, inner)}\n`,
  );
  return `{\n${lines.join("")}${indent}}`;
}

/** Bicep has no literal for a fraction. */
const numeric = (value: null | boolean | number): string =>
  typeof value === "number" && !Number.isInteger(value) ? `json('${value}')` : String(value);

const part = (value: string | Expression): string =>
  typeof value === "string" ? bicepString(value) : expression(value);

function expression({ form }: Expression): string {
  switch (form.kind) {
    case "parameter":
      return form.name;
    case "id":
      return `${form.of}.id`;
    case "property":
      return `${form.of}.properties.${form.path}`;
    case "guid":
      return `guid(${form.parts.map(part).join(", ")})`;
    case "role":
      return `subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${form.guid}')`;
    case "resourceGroupLocation":
      return "resourceGroup().location";
  }
}
