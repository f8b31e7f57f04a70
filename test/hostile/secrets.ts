const part = (length: number): string => "Ab3".repeat(length).slice(0, length);
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Credentials that nobody issued, each with the part that must not be seen again. */
export const PLANTED: readonly (readonly [text: string, secret: string])[] = [
  [`Authorization: Bearer ${part(40)}`, part(40)],
  [
    `token ${encoded({ alg: "RS256", typ: "JWT" })}.${encoded({ aud: "api", sub: "x" })}.${part(43)} end`,
    encoded({ aud: "api", sub: "x" }),
  ],
  [`https://a.blob.core.windows.net/c/f?sv=2024-11-04&sp=r&sig=${part(44)}%3D&se=2026`, part(44)],
  [`DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${part(86)}==;EndpointSuffix=x`, part(86)],
  [`Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=${part(43)}=`, part(43)],
  [`the app secret abc8Q~${part(34)} was added`, part(34)],
  [`{"client_secret":"${part(20)}","ok":1}`, part(20)],
  [`grant_type=password&password=${part(12)}&scope=x`, part(12)],
  [`-----BEGIN PRIVATE KEY-----\n${part(64)}\n-----END PRIVATE KEY-----`, part(64)],
  [`ghp_${part(36)}`, part(36)],
];

/** What looks alike and says something else. */
export const INNOCENT: readonly string[] = [
  "password expired",
  "The password: reset it.",
  "token protection is off",
  "keyword=value",
  "monkey=banana1234",
  "sign-in by eyJasmin@contoso.com",
  "ResultType 50126: invalid username or password",
  "sha256 131f77c7ac7179ccc8e13e9976c3bbd58f131a65470563414d213a824bf0d993",
];
