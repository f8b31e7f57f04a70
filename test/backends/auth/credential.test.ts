import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createCredential, credentialFailure } from "../../../src/backends/auth/credential.ts";
import { UnauthorizedError, UsageError } from "../../../src/core/errors.ts";
import { trustCertificate } from "../../servers/https.ts";
import { serveAuthority, serveManagedIdentity, servePlain } from "../../servers/identity.ts";

const SCOPE = "https://api.loganalytics.io/.default";
const TENANT = "22222222-2222-2222-2222-222222222222";
const CLIENT = "33333333-3333-3333-3333-333333333333";
const folder = mkdtempSync(join(tmpdir(), "ztlens-auth-"));

beforeAll(trustCertificate);
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stub = (values: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
};

const tokenBy = async (method: Parameters<typeof createCredential>[0]["method"]): Promise<string | undefined> =>
  (await (await createCredential({ method }))?.getToken(SCOPE))?.token;

describe("a token comes", () => {
  test("from the managed identity of the host", async () => {
    const host = await serveManagedIdentity();
    stub({ IDENTITY_ENDPOINT: `${host.url}/msi/token`, IDENTITY_HEADER: "hdr", AZURE_CLIENT_ID: CLIENT });
    try {
      expect(await tokenBy("managed-identity")).toBe("token");
      expect(host.seen[0]?.path).toContain("resource=https%3A%2F%2Fapi.loganalytics.io");
      expect(host.seen[0]?.path).toContain(`client_id=${CLIENT}`);
      expect(host.seen[0]?.headers["x-identity-header"]).toBe("hdr");
    } finally {
      await host.close();
    }
  });

  test("for a federated token of the workload", async () => {
    const authority = await serveAuthority(TENANT, "from-kubernetes");
    const file = join(folder, "federated");
    writeFileSync(file, "from-kubernetes");
    stub({
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT,
      AZURE_FEDERATED_TOKEN_FILE: file,
      AZURE_AUTHORITY_HOST: authority.url,
    });
    try {
      expect(await tokenBy("workload")).toBe("token");
      expect(authority.posted[0]?.get("scope")).toContain(SCOPE);
    } finally {
      await authority.close();
    }
  });

  test("for an assertion of GitHub Actions", async () => {
    const github = await servePlain(() => ({ value: "from-github" }));
    const authority = await serveAuthority(TENANT, "from-github");
    stub({
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT,
      AZURE_AUTHORITY_HOST: authority.url,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/token?v=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job",
    });
    try {
      expect(await tokenBy("github")).toBe("token");
      expect(github.seen[0]).toMatchObject({
        path: "/token?v=1&audience=api%3A%2F%2FAzureADTokenExchange",
        headers: { authorization: "Bearer job" },
      });
    } finally {
      await Promise.all([github.close(), authority.close()]);
    }
  });

  test("for a secret in the environment", async () => {
    const authority = await serveAuthority(TENANT, "a-secret");
    stub({
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT,
      AZURE_CLIENT_SECRET: "a-secret",
      AZURE_AUTHORITY_HOST: authority.url,
    });
    try {
      expect(await tokenBy("environment")).toBe("token");
    } finally {
      await authority.close();
    }
  });

  test("from az", async () => {
    const log = join(folder, "az.log");
    const answer = {
      accessToken: "token",
      expiresOn: "2035-01-01 00:00:00.000000",
      expires_on: 2_051_222_400,
      subscription: "s",
      tenant: TENANT,
      tokenType: "Bearer",
    };
    writeFileSync(join(folder, "az"), `#!/bin/sh\necho "$@" > '${log}'\necho '${JSON.stringify(answer)}'\n`);
    chmodSync(join(folder, "az"), 0o755);
    stub({ PATH: [folder, dirname(process.execPath), process.env.PATH].join(delimiter) });
    expect(await tokenBy("cli")).toBe("token");
    expect(readFileSync(log, "utf8")).toContain(
      "account get-access-token --output json --resource https://api.loganalytics.io",
    );
  });
});

describe("no token", () => {
  test.each(["workload", "environment", "github"] as const)("%s says which variable is missing", async (method) => {
    stub({
      AZURE_TENANT_ID: "",
      AZURE_CLIENT_ID: "",
      AZURE_FEDERATED_TOKEN_FILE: "",
      ACTIONS_ID_TOKEN_REQUEST_URL: "",
    });
    const error = await tokenBy(method).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/needs the environment variable A/);
  });

  test("a refusal is told without the secret", async () => {
    const authority = await serveAuthority(TENANT, "right");
    stub({
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT,
      AZURE_CLIENT_SECRET: "wrong-secret-value",
      AZURE_AUTHORITY_HOST: authority.url,
    });
    try {
      const failure = credentialFailure(await tokenBy("environment").catch((e: unknown) => e));
      expect(failure).toBeInstanceOf(UnauthorizedError);
      expect(failure?.message).toContain("AADSTS700024");
      expect(failure?.message).not.toContain("wrong-secret-value");
    } finally {
      await authority.close();
    }
  });

  test("none is needed for a local endpoint", async () =>
    expect(await createCredential({ method: "none" })).toBeUndefined());
});
