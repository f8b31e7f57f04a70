import type { TokenCredential } from "@azure/identity";
import { UnauthorizedError, UsageError } from "../../core/errors.ts";
import { redactSecrets } from "../../core/text/secrets.ts";
import { type Cloud, ENDPOINTS } from "./clouds.ts";

export const AUTH_METHODS = [
  "default",
  "cli",
  "managed-identity",
  "workload",
  "environment",
  "github",
  "none",
] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

export interface AuthOptions {
  readonly method: AuthMethod;
  readonly cloud?: Cloud;
}

const AUDIENCE = "api://AzureADTokenExchange";

function required(name: string, method: AuthMethod): string {
  const value = process.env[name];
  if (!value) throw new UsageError(`--auth ${method} needs the environment variable ${name}.`);
  return value;
}

/** A fresh assertion of GitHub Actions for every token: one is valid for minutes, a run can last longer. */
async function githubAssertion(): Promise<string> {
  const url = new URL(required("ACTIONS_ID_TOKEN_REQUEST_URL", "github"));
  url.searchParams.set("audience", AUDIENCE);
  const token = required("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "github");
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}`, accept: "application/json" } });
  const body = response.ok ? ((await response.json()) as { value?: unknown }) : {};
  if (typeof body.value !== "string") {
    throw new UnauthorizedError(
      `GitHub gave no identity token (HTTP ${response.status}): the job needs permissions: id-token: write.`,
    );
  }
  return body.value;
}

const isKnownAuthority = (host: string): boolean =>
  Object.values(ENDPOINTS).some(({ authority }) => new URL(authority).host === host);

/** An authority of one's own cannot be looked up among Microsoft's. */
function authorityOptions(cloud: Cloud): { authorityHost: string; disableInstanceDiscovery: boolean } {
  const authorityHost = process.env.AZURE_AUTHORITY_HOST || ENDPOINTS[cloud].authority;
  return { authorityHost, disableInstanceDiscovery: !isKnownAuthority(new URL(authorityHost).host) };
}

/**
 * The credential that was asked for; nothing else is tried in its place. `none` has no credential: for a local endpoint.
 * Throws `UsageError` where the environment lacks what the method needs.
 */
export async function createCredential({
  method,
  cloud = "public",
}: AuthOptions): Promise<TokenCredential | undefined> {
  const options = authorityOptions(cloud);
  const clientId = process.env.AZURE_CLIENT_ID;
  if (method === "none") return undefined;
  const identity = await import("@azure/identity");
  switch (method) {
    case "cli":
      return new identity.AzureCliCredential();
    case "managed-identity":
      return new identity.ManagedIdentityCredential(clientId ? { clientId } : {});
    case "workload":
      required("AZURE_FEDERATED_TOKEN_FILE", method);
      required("AZURE_TENANT_ID", method);
      required("AZURE_CLIENT_ID", method);
      return new identity.WorkloadIdentityCredential(options);
    case "environment":
      required("AZURE_TENANT_ID", method);
      required("AZURE_CLIENT_ID", method);
      return new identity.EnvironmentCredential(options);
    case "github":
      return new identity.ClientAssertionCredential(
        required("AZURE_TENANT_ID", method),
        required("AZURE_CLIENT_ID", method),
        githubAssertion,
        options,
      );
    case "default":
      return new identity.DefaultAzureCredential(options);
  }
}

/** What a failed token request means to the user. The SDK's message names the method and the reason, no secret. */
export function credentialFailure(error: unknown): UnauthorizedError | undefined {
  if (!(error instanceof Error)) return undefined;
  const isAuth =
    /^(?:CredentialUnavailableError|AuthenticationError|AggregateAuthenticationError|AuthenticationRequiredError)$/;
  if (!isAuth.test(error.name)) return undefined;
  const [first = error.name] = error.message.split("\n");
  const reason = /AADSTS\d+: [^\n]*/.exec(error.message)?.[0] ?? "";
  return new UnauthorizedError(redactSecrets(`No token could be had: ${first} ${reason}`.trimEnd()), { cause: error });
}
