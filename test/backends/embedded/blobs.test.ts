import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  BlobServiceClient,
  type ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddedBackend, type EmbeddedOptions } from "../../../src/backends/embedded/backend.ts";
import { blobLocation } from "../../../src/backends/embedded/ingest/blobs.ts";
import { lines, reconciled } from "./support.ts";

/** The account that every Azurite has, with its documented key. */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
let folder = "";
let azurite: ChildProcess;
let endpoint = "";
let client: ContainerClient;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const answered = await Promise.race([once(socket, "connect"), once(socket, "error").then(() => undefined)]).catch(
    () => undefined,
  );
  socket.destroy();
  return answered !== undefined;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ztlens-azurite-"));
  const port = await freePort();
  const script = fileURLToPath(new URL("../../../node_modules/azurite/dist/src/blob/main.js", import.meta.url));
  const args = [
    "--blobHost",
    "127.0.0.1",
    "--blobPort",
    `${port}`,
    "--location",
    folder,
    "--silent",
    "--skipApiVersionCheck",
    "--disableTelemetry",
  ];
  azurite = spawn(process.execPath, [script, ...args], { stdio: "ignore" });
  for (let tries = 0; tries < 300 && !(await answers(port)); tries++) await sleep(100);
  endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  client = new BlobServiceClient(endpoint, credential).getContainerClient("am-heartbeat");
  await client.create();
});

afterAll(async () => {
  azurite?.kill("SIGKILL");
  if (azurite?.exitCode === null) await once(azurite, "exit");
  rmSync(folder, { recursive: true, force: true });
});

const row = (i: number): object => ({
  TimeGenerated: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString(),
  Computer: `pc${i}`,
  Type: "Heartbeat",
  _ItemId: `i${i}`,
});
const rows = (from: number, to: number): string => lines(...Array.from({ length: to - from }, (_, i) => row(from + i)));

function sas(permissions = "rl", startsOn = new Date(Date.now() - 3_600_000)): string {
  const expiresOn = new Date(startsOn.getTime() + 7_200_000);
  return generateBlobSASQueryParameters(
    { containerName: "am-heartbeat", permissions: ContainerSASPermissions.parse(permissions), startsOn, expiresOn },
    credential,
  ).toString();
}

const url = (prefix: string, signature = sas()): string => `${endpoint}/am-heartbeat/${prefix}?${signature}`;

async function load(paths: readonly string[], options: Partial<EmbeddedOptions> = {}) {
  const backend = await EmbeddedBackend.open({ ...options, paths });
  try {
    const count = await backend.query("Heartbeat | summarize count(), dcount(Computer, 4)").catch(() => undefined);
    expect(reconciled(backend.inputs())).toBe(true);
    return { rows: count?.rows[0], inputs: backend.inputs() };
  } finally {
    await backend.close();
  }
}

async function append(name: string, content: string): Promise<void> {
  const blob = client.getAppendBlobClient(name);
  await blob.createIfNotExists();
  await blob.appendBlock(content, Buffer.byteLength(content));
}

/** A way to the service that counts what comes back, and breaks every connection after `limit` bytes. */
async function proxy(limit = Number.POSITIVE_INFINITY) {
  let [bytes, broken] = [0, 0];
  const target = Number(new URL(endpoint).port);
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    let passed = 0;
    far.on("data", (chunk: Buffer) => {
      passed += chunk.length;
      bytes += chunk.length;
      near.write(chunk);
      if (passed < limit) return;
      broken++;
      near.destroy();
      far.destroy();
    });
    near.pipe(far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    through: (address: string): string => address.replace(`:${target}/`, `:${port}/`),
    bytes: () => bytes,
    broken: () => broken,
    close: () => void server.close(),
  };
}

const LAYOUT = "WorkspaceResourceId=/subscriptions/s/workspaces/w/y=2026/m=01/d=01";

describe("Azure Blob Storage as a source", () => {
  beforeAll(async () => {
    for (let i = 0; i < 12; i++)
      await append(`${LAYOUT}/h=00/m=${String(i * 5).padStart(2, "0")}/PT05M.json`, rows(i * 300, (i + 1) * 300));
    await append("elsewhere/PT05M.json", rows(90_000, 90_010));
  });

  test("a container, a folder, a glob, a single blob; the signature is in no report", async () => {
    expect((await load([url("")])).rows).toEqual([3_610, 3_610]);
    const { rows: counts, inputs } = await load([url(LAYOUT)]);
    expect(counts).toEqual([3_600, 3_600]);
    expect(inputs).toHaveLength(12);
    expect(JSON.stringify(inputs)).not.toMatch(/sig=|\?/);
    expect((await load([url(`${LAYOUT}/h=00/m=0*/PT05M.json`)])).rows).toEqual([600, 600]);
    expect((await load([url("elsewhere/PT05M.json")])).rows).toEqual([10, 10]);
    await expect(load([url("else")])).rejects.toThrow("No blob lies below");
  });

  test("a store fetches only new blobs and what others grew by", async () => {
    const store = join(folder, "s.duckdb");
    await append("grows/PT1H.json", rows(0, 1_000));
    await append("grows/same.json", rows(1_000, 1_500));
    const seen: string[] = [];
    const counting = await proxy();
    const from = (): string => counting.through(url("grows"));
    const options = { store, onProgress: ({ file }: { file: string }) => void seen.push(file) };
    expect((await load([from()], options)).rows).toEqual([1_500, 1_500]);
    await append("grows/PT1H.json", rows(1_500, 1_800));
    const before = counting.bytes();
    const { rows: counts, inputs } = await load([from()], options);
    expect(counts).toEqual([1_800, 1_800]);
    expect(inputs.map(({ read }) => read)).toEqual([1_000, 500, 300]);
    expect(counting.bytes() - before).toBeLessThan(80_000);
    expect((await load([from()], options)).inputs.map(({ read }) => read)).toEqual([1_000, 300, 500]);
    expect(seen).toHaveLength(6);
    counting.close();
  });

  test("a signature without rights or out of date ends the run as a refusal, and is not shown", async () => {
    for (const signature of [sas("w"), sas("rl", new Date(2020, 0, 1)), "sv=2024-01-01&sig=planted%2Fsecret"]) {
      const error = await load([url("", signature)]).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ exitCode: 4 });
      expect((error as Error).message).toContain("access was refused");
      expect((error as Error).message).not.toMatch(/sig=|planted/);
    }
    await expect(load([`${endpoint}/nothing/?${sas()}`])).rejects.toMatchObject({ exitCode: expect.any(Number) });
  });

  test("a connection that breaks again and again is taken up where it broke", async () => {
    const content = rows(0, 20_000);
    await client.getBlockBlobClient("large.json").upload(content, Buffer.byteLength(content));
    const breaking = await proxy(800_000);
    try {
      const { rows: counts, inputs } = await load([breaking.through(url("large.json"))]);
      expect(inputs).toMatchObject([{ read: 20_000 }]);
      expect(counts).toEqual([20_000, 20_000]);
      expect(breaking.broken()).toBeGreaterThan(1);
      expect(breaking.bytes()).toBeLessThan(Buffer.byteLength(content) * 1.5);
    } finally {
      breaking.close();
    }
  });
});

describe("addresses of blobs", () => {
  test.each([
    ["az://acct/logs/a/b", "https://acct.blob.core.windows.net/logs", "a/b", ""],
    ["az://acct/logs", "https://acct.blob.core.windows.net/logs", "", ""],
    [
      "https://acct.blob.core.windows.net/logs/a%20b/?sv=1&sig=x",
      "https://acct.blob.core.windows.net/logs",
      "a b/",
      "sv=1&sig=x",
    ],
    ["https://acct.dfs.core.windows.net/logs/a", "https://acct.blob.core.windows.net/logs", "a", ""],
    ["https://acct.blob.core.usgovcloudapi.net/logs", "https://acct.blob.core.usgovcloudapi.net/logs", "", ""],
    ["https://acct.z21.blob.storage.azure.net/logs", "https://acct.z21.blob.storage.azure.net/logs", "", ""],
  ])("%s", (text, container, prefix, signature) => {
    expect(blobLocation(text)).toEqual({ container, prefix, sas: signature });
  });

  test.each([
    "https://evil.example/logs",
    "https://acct.blob.core.windows.net.evil.example/logs",
    "http://acct.blob.core.windows.net/logs",
    "https://acct.blob.core.windows.net/?sig=planted",
    "https://169.254.169.254/metadata/x",
    "az://",
    "az://UPPER/logs",
  ])("no token goes to %s", (text) => {
    expect(() => blobLocation(text)).toThrow("az://account/container/prefix");
    expect(() => blobLocation(text)).not.toThrow("planted");
  });
});
