import { jsonText } from "../../core/text/json.ts";
import {
  type Deployment,
  dependenciesOf,
  Expression,
  type Json,
  type Parameter,
  type Resource,
  resourceOf,
} from "./model.ts";

/** An ARM template. A text that starts with `[` would be an expression, so it gets a second bracket. */
export function armText(deployment: Deployment): string {
  const writer = new ArmWriter(deployment);
  return `${jsonText(writer.template(), 2)}\n`;
}

class ArmWriter {
  readonly #deployment: Deployment;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  template(): object {
    const { description, parameters, resources, outputs } = this.#deployment;
    return {
      $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      contentVersion: "1.0.0.0",
      metadata: { description },
      parameters: Object.fromEntries(parameters.map((one) => [one.name, this.#parameter(one)])),
      resources: resources.filter(({ existing }) => !existing).map((resource) => this.#resource(resource)),
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, value]) => [name, { type: "string", value: this.#value(value) }]),
      ),
    };
  }

  #parameter({ type, description, value }: Parameter): object {
    return { type, ...(value !== undefined && { defaultValue: this.#value(value) }), metadata: { description } };
  }

  #resource(resource: Resource): object {
    const { type, apiVersion, scope, location, kind, identities, etag, properties } = resource;
    const before = dependenciesOf(this.#deployment, resource).map((key) => `[${this.#id(key)}]`);
    return {
      type,
      apiVersion,
      name: this.#name(resource),
      ...(scope !== undefined && { scope: `[${this.#id(scope)}]` }),
      ...(location && { location: this.#value(location) }),
      ...(kind !== undefined && { kind }),
      ...(identities && { identity: this.#identity(identities) }),
      ...(etag !== undefined && { etag }),
      ...(before.length > 0 && { dependsOn: before }),
      ...(properties !== undefined && { properties: this.#value(properties) }),
    };
  }

  #identity(ids: readonly Expression[]): object {
    const keys = ids.map((id) => [`[${this.#expression(id)}]`, {}]);
    return { type: "UserAssigned", userAssignedIdentities: Object.fromEntries(keys) };
  }

  /** The names of the parents and its own, as expressions. */
  #names(resource: Resource): string[] {
    const above = resource.parent === undefined ? [] : this.#names(resourceOf(this.#deployment, resource.parent));
    return [...above, this.#part(resource.name)];
  }

  #name(resource: Resource): unknown {
    if (resource.parent === undefined) return this.#value(resource.name);
    const names = this.#names(resource);
    return `[format('${names.map((_, i) => `{${i}}`).join("/")}', ${names.join(", ")})]`;
  }

  #id(key: string): string {
    const resource = resourceOf(this.#deployment, key);
    const names = this.#names(resource).join(", ");
    return resource.scope === undefined
      ? `resourceId('${resource.type}', ${names})`
      : `extensionResourceId(${this.#id(resource.scope)}, '${resource.type}', ${names})`;
  }

  #part(part: string | Expression): string {
    return typeof part === "string" ? `'${part.replaceAll("'", "''")}'` : this.#expression(part);
  }

  #expression({ form }: Expression): string {
    switch (form.kind) {
      case "parameter":
        return `parameters('${form.name}')`;
      case "id":
        return this.#id(form.of);
      case "property":
        return `reference(${this.#id(form.of)}, '${resourceOf(this.#deployment, form.of).apiVersion}').${form.path}`;
      case "guid":
        return `guid(${form.parts.map((part) => this.#part(part)).join(", ")})`;
      case "role":
        return `subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${form.guid}')`;
      case "resourceGroupLocation":
        return "resourceGroup().location";
    }
  }

  #value(value: Json): unknown {
    if (value instanceof Expression) return `[${this.#expression(value)}]`;
    if (typeof value === "string") return value.startsWith("[") ? `[${value}` : value;
    if (Array.isArray(value)) return value.map((member: Json) => this.#value(member));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      // A key could be an expression too.
      Object.entries(value).map(([key, member]) => [
        key.startsWith("[") ? `[${key}` : key,
        this.#value(member as Json),
      ]),
    );
  }
}
