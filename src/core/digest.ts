/** The digest of texts or bytes after each other, in hexadecimal. `node:crypto` is loaded by the first one, not at start-up. */
export function digest(algorithm: "sha1" | "sha256", ...parts: readonly (string | Uint8Array)[]): string {
  const hash = process.getBuiltinModule("node:crypto").createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
