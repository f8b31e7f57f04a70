import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Running, readBody, sendJson, serveHttps } from "./https.ts";

const later = (): number => Math.floor(Date.now() / 1000) + 3600;

export interface IdentityServer extends Running {
  /** Forms that were posted for tokens. */
  readonly posted: URLSearchParams[];
}

/** A token authority: discovery document and token endpoint. Refuses assertions other than `assertion`. */
export async function serveAuthority(tenant: string, assertion: string): Promise<IdentityServer> {
  const posted: URLSearchParams[] = [];
  const running: Running = await serveHttps(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", running.url);
    const issuer = `${running.url}/${tenant}`;
    if (pathname === `/${tenant}/v2.0/.well-known/openid-configuration`) {
      sendJson(response, 200, {
        issuer: `${issuer}/v2.0`,
        authorization_endpoint: `${issuer}/oauth2/v2.0/authorize`,
        token_endpoint: `${issuer}/oauth2/v2.0/token`,
        jwks_uri: `${issuer}/discovery/v2.0/keys`,
      });
      return;
    }
    if (request.method !== "POST" || pathname !== `/${tenant}/oauth2/v2.0/token`) {
      sendJson(response, 404, { error: "not_found" });
      return;
    }
    const form = new URLSearchParams(await readBody(request));
    posted.push(form);
    if (form.get("client_assertion") !== assertion && form.get("client_secret") !== assertion) {
      sendJson(response, 401, { error: "invalid_client", error_description: "AADSTS700024: wrong assertion" });
      return;
    }
    sendJson(response, 200, { token_type: "Bearer", expires_in: 3599, access_token: "token" });
  });
  return { ...running, posted };
}

export interface PlainServer {
  readonly url: string;
  readonly seen: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[];
  close(): Promise<void>;
}

/** A plain HTTP server on loopback that answers every request with one body: what hosts offer their jobs. */
export async function servePlain(body: () => unknown): Promise<PlainServer> {
  const seen: PlainServer["seen"] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? "", headers: request.headers });
    sendJson(response, 200, body());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The endpoint that Container Apps and App Service give to a managed identity. */
export const serveManagedIdentity = (): Promise<PlainServer> =>
  servePlain(() => ({ access_token: "token", expires_on: String(later()), resource: "x", token_type: "Bearer" }));
