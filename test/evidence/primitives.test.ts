import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import { sha256, uuidOf } from "../../src/evidence/digest.ts";
import { keyId, openEnvelope, preAuthEncoding, privateKey, publicKey, signEnvelope } from "../../src/evidence/dsse.ts";
import { canonical, parseExact } from "../../src/evidence/exact.ts";
import { blocksOf, merkleRoot } from "../../src/evidence/merkle.ts";

describe("DSSE", () => {
  const first = generateKeyPairSync("ed25519");
  const second = generateKeyPairSync("ed25519");
  const body = Buffer.from("hello world");

  // The vector of https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
  test("the pre-authentication encoding is that of the specification", () =>
    expect(preAuthEncoding("http://example.com/HelloWorld", body).toString()).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    ));

  test("two signers are found whatever the order of their signatures", () => {
    const envelope = signEnvelope("t", body, [first.privateKey, second.privateKey]);
    const swapped = { ...envelope, signatures: [...envelope.signatures].reverse() };
    for (const each of [envelope, swapped]) {
      expect(openEnvelope(each, [first.publicKey, second.publicKey]).signers).toHaveLength(2);
      expect(openEnvelope(each, [second.publicKey]).body).toEqual(body);
    }
  });

  test("a key id is only a hint", () => {
    const envelope = signEnvelope("t", body, [first.privateKey]);
    const lying = {
      ...envelope,
      signatures: [{ keyid: keyId(second.publicKey), sig: envelope.signatures[0]?.sig ?? "" }],
    };
    expect(openEnvelope(lying, [second.publicKey]).signers).toEqual([]);
    expect(openEnvelope(lying, [first.publicKey]).signers).toHaveLength(1);
  });

  test("URL-safe base64 is read too", () => {
    const odd = Buffer.from([0xfb, 0xff, 0xfe]);
    const envelope = signEnvelope("t", odd, [first.privateKey]);
    const safe = (text: string): string => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const other = {
      ...envelope,
      payload: safe(envelope.payload),
      signatures: envelope.signatures.map((s) => ({ ...s, sig: safe(s.sig) })),
    };
    expect(openEnvelope(other, [first.publicKey])).toEqual({ body: odd, signers: [first.publicKey] });
  });

  test("no single changed bit of payload, type or signature is accepted", () => {
    const envelope = signEnvelope("type", body, [first.privateKey]);
    const signature = Buffer.from(envelope.signatures[0]?.sig ?? "", "base64");
    const flip = (bytes: Buffer, bit: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return copy;
    };
    const accepted = (changed: object): boolean =>
      openEnvelope({ ...envelope, ...changed }, [first.publicKey]).signers.length > 0;
    expect(accepted({})).toBe(true);
    for (let bit = 0; bit < body.length * 8; bit++)
      expect(accepted({ payload: flip(body, bit).toString("base64") })).toBe(false);
    for (let bit = 0; bit < signature.length * 8; bit++) {
      expect(accepted({ signatures: [{ keyid: "", sig: flip(signature, bit).toString("base64") }] })).toBe(false);
    }
    expect(accepted({ payloadType: "typf" })).toBe(false);
  });

  test("keys are read from PEM, and only Ed25519 keys", () => {
    const pem = first.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    expect(keyId(privateKey(pem))).toBe(keyId(first.publicKey));
    expect(keyId(publicKey(pem))).toBe(keyId(first.publicKey));
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
      type: "pkcs8",
      format: "pem",
    }) as string;
    for (const wrong of [rsa, "no key", ""]) expect(() => privateKey(wrong)).toThrow(UsageError);
  });
});

describe("Merkle tree", () => {
  // The roots of the first leaves of the log in https://github.com/google/certificate-transparency/blob/master/python/ct/crypto/merkle_test.py
  const leaves = [
    "",
    "\x00",
    "\x10",
    "\x20\x21",
    "\x30\x31",
    "\x40\x41\x42\x43",
    "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
  ];
  test.each([
    [0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    [1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
    [2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    [3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"],
    [7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"],
    [8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"],
  ])("of %i leaves has the published root", (count, root) => expect(merkleRoot(leaves.slice(0, count))).toBe(root));

  test("an inner node cannot pass for a leaf", () => {
    const inner = `${merkleRoot(["a"])}${merkleRoot(["b"])}`;
    expect(merkleRoot([Buffer.from(inner, "hex").toString("latin1")])).not.toBe(merkleRoot(["a", "b"]));
  });

  test("rows are cut into blocks without loss", () => {
    const lines = Array.from({ length: 2_501 }, (_, i) => `{"n":${i}}`);
    expect(blocksOf(lines).map((block) => block.split("\n").length - 1)).toEqual([1000, 1000, 501]);
    expect(blocksOf(lines).join("")).toBe(`${lines.join("\n")}\n`);
  });
});

describe("exact JSON", () => {
  test.each(['{"a":1,"a":2}', '{"x":{"b":1,"b":1}}', '[{"k":1,"\\u006b":2}]', "{", "", '{"a":1,}'])(
    "%s is refused",
    (text) => expect(() => parseExact(text, "f")).toThrow(UsageError),
  );

  test("what canonical JSON writes is read back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = canonical(value);
        expect(canonical(parseExact(text, "f"))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test("what has no canonical form is replaced", () =>
    expect(canonical({ "\ud800": ["\udc00", Number.NaN, Number.NEGATIVE_INFINITY] })).toBe(
      '{"\ufffd":["\ufffd","NaN","-Infinity"]}',
    ));
});

test("identifiers are version 5 UUIDs, the same for the same name", () => {
  expect(uuidOf("a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf("a")).toBe(uuidOf("a"));
  expect(uuidOf("a")).not.toBe(uuidOf("b"));
});

test("sha256 is that of FIPS 180-4", () =>
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
