import { open } from "node:fs/promises";
import type { BlobClient, BlobItem, ContainerClient } from "@azure/storage-blob";
import { UnauthorizedError, UsageError } from "../../../core/errors.ts";
import { redactSecrets } from "../../../core/text/secrets.ts";
import { isLoopback } from "../../auth/clouds.ts";
import { createCredential, credentialFailure } from "../../auth/credential.ts";
import { globMatcher, isGlob } from "./files.ts";
import { type Source, scratchCopy } from "./source.ts";

/** Where blobs lie: `az://account/container/prefix`, or the container's URL with a path and perhaps a SAS. */
export interface BlobLocation {
  /** URL of the container. */
  readonly container: string;
  /** Name of a blob, start of names up to a `/`, or a glob. */
  readonly prefix: string;
  /** Shared access signature without its `?`; '' where the user's credential is asked for. */
  readonly sas: string;
}

/** Hosts of the blob service. To no other does a token go. */
const BLOB_HOST =
  /^[a-z0-9-]+(\.z\d+)?\.(blob|dfs)\.(core\.windows\.net|storage\.azure\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn)$/;

export const isBlobUrl = (path: string): boolean => /^(az|https?):\/\//i.test(path);

/** Reads a location off the command line. Throws `UsageError` for any other URL. */
export function blobLocation(text: string): BlobLocation {
  const bad = (why: string): UsageError =>
    new UsageError(
      `${text.replace(/\?.*$/s, "")}: ${why}. Give az://account/container/prefix, or the container's https URL.`,
    );
  const match = /^az:\/\/([a-z0-9]{3,24})\/([^/?]+)\/?([^?]*)$/.exec(text);
  if (match) {
    const [, account, container, prefix = ""] = match;
    const sas = (process.env.AZURE_STORAGE_SAS_TOKEN ?? "").replace(/^\?/, "");
    return { container: `https://${account}.blob.core.windows.net/${container}`, prefix, sas };
  }
  if (/^az:/i.test(text)) throw bad("this is no blob location");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw bad("this is no URL");
  }
  if (!isLoopback(url) && (url.protocol !== "https:" || !BLOB_HOST.test(url.hostname)))
    throw bad("this is no address of Azure Blob Storage");
  const parts = decodeURIComponent(url.pathname).split("/").slice(1);
  // An emulator has the account in the path.
  const account = isLoopback(url) ? `/${parts.shift() ?? ""}` : "";
  const [container, ...rest] = parts;
  if (!container) throw bad("it names no container");
  const host = url.host.replace(/^([^.]+(?:\.z\d+)?)\.dfs\./, "$1.blob.");
  return {
    container: `${url.protocol}//${host}${account}/${container}`,
    prefix: rest.join("/"),
    sas: url.search.slice(1),
  };
}

/** The service's own advice on waiting goes before these. */
const OPTIONS = { retryOptions: { maxTries: 5, retryDelayInMs: 500, maxRetryDelayInMs: 20_000 } };

async function connect({ container, sas }: BlobLocation): Promise<ContainerClient> {
  const { ContainerClient } = await import("@azure/storage-blob");
  if (sas !== "" || isLoopback(new URL(container)))
    return new ContainerClient(sas === "" ? container : `${container}?${sas}`, undefined, OPTIONS);
  const credential = await createCredential({ method: "default" });
  return credential ? new ContainerClient(container, credential, OPTIONS) : new ContainerClient(container);
}

/** What a failed request means to the user; no message shows a signature. */
function failure(error: unknown, container: string): Error {
  const credential = credentialFailure(error);
  if (credential) return credential;
  if (!(error instanceof Error) || error.name !== "RestError") return error as Error;
  const statusCode = statusOf(error);
  const { code } = error as Error & { code?: string };
  const options = { cause: error };
  if (statusCode === 401 || statusCode === 403)
    return new UnauthorizedError(
      `${container}: access was refused (${code ?? statusCode}). Reading needs the role Storage Blob Data Reader, or a SAS with read and list.`,
      options,
    );
  if (statusCode === 404) return new UsageError(`${container}: there is no such container.`, [], options);
  const [first = ""] = redactSecrets(error.message).split("\n");
  return new UsageError(`${container}: the storage service cannot be read: ${code ?? first}`, [], options);
}

/** The blobs below a location, in the order of their names. Throws `UsageError` where there are none. */
export async function blobSources(text: string): Promise<Source[]> {
  const location = blobLocation(text);
  const { container, prefix } = location;
  const matches = isGlob(prefix) ? globMatcher(prefix) : below(prefix);
  const start = isGlob(prefix) ? prefix.slice(0, prefix.search(/[*?[\]{}]/)) : prefix;
  try {
    const client = await connect(location);
    const found: Source[] = [];
    for await (const item of client.listBlobsFlat({ prefix: start, includeMetadata: true }))
      if (matches(item.name) && item.metadata?.hdi_isfolder !== "true") found.push(sourceOf(client, container, item));
    if (found.length === 0) throw new UsageError(`No blob lies below ${container}/${prefix}.`);
    return found;
  } catch (error) {
    throw failure(error, container);
  }
}

const below =
  (prefix: string) =>
  (name: string): boolean =>
    prefix === "" || name === prefix || name.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);

/** How often in a row a download may break without having brought anything. */
const MAX_BREAKS = 5;

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** Writes the bytes from `start` to `end` to a file. A download that breaks goes on where it broke, while the blob stays the same. */
async function download(blob: BlobClient, start: number, end: number, file: string): Promise<void> {
  const handle = await open(file, "w");
  let at = start;
  let etag: string | undefined;
  let breaks = 0;
  try {
    while (at < end) {
      try {
        const answer = await blob.download(at, end - at, etag === undefined ? {} : { conditions: { ifMatch: etag } });
        etag ??= answer.etag;
        for await (const chunk of answer.readableStreamBody ?? []) {
          await handle.appendFile(chunk);
          at += chunk.length;
          breaks = 0;
        }
      } catch (error) {
        if (statusOf(error) !== undefined || ++breaks > MAX_BREAKS) throw error;
      }
    }
  } finally {
    await handle.close();
  }
}

function sourceOf(client: ContainerClient, container: string, { name, properties }: BlobItem): Source {
  const id = `${container}/${name}`;
  const blob = client.getBlobClient(name);
  const size = properties.contentLength ?? 0;
  return {
    path: id,
    id,
    size,
    version: properties.etag,
    remote: true,
    ...(properties.accessTier === "Archive" && {
      problem: "The blob is in the archive tier: move it to another tier first.",
    }),
    async fetch(start, scratch) {
      const copy = scratchCopy(scratch.file("blob"), scratch);
      try {
        await download(blob, start, size, copy.file);
        return copy;
      } catch (error) {
        copy.release();
        throw statusOf(error) === 404 ? new Error("The blob is gone.") : failure(error, container);
      }
    },
    async bytes(start, length) {
      try {
        return await blob.downloadToBuffer(start, Math.min(length, size - start));
      } catch (error) {
        throw failure(error, container);
      }
    },
  };
}
