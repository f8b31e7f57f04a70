import type { TokenCredential } from "@azure/identity";

/** Who a token speaks for, from its claims. A token that is no readable JWT gives nothing. */
export interface Identity {
  readonly name: string;
  readonly kind: "user" | "application" | "unknown";
  readonly tenant: string;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The claims are read, not verified: they only say to the user who is asking. The token itself goes nowhere. */
export async function identityOf(credential: TokenCredential, scope: string): Promise<Identity | undefined> {
  const token = (await credential.getToken(scope))?.token ?? "";
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
    const claims = JSON.parse(payload) as Record<string, unknown>;
    const user = text(claims.upn) || text(claims.unique_name) || text(claims.preferred_username);
    const application = text(claims.app_displayname) || text(claims.appid) || text(claims.azp);
    const name = user || application || text(claims.oid);
    return { name, kind: user ? "user" : application ? "application" : "unknown", tenant: text(claims.tid) };
  } catch {
    return undefined;
  }
}
