const MASK = (1n << 64n) - 1n;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;
const multiply = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const round = (accumulator: bigint, input: bigint): bigint =>
  multiply(rotate((accumulator + multiply(input, P2)) & MASK, 31n), P1);
const merge = (accumulator: bigint, value: bigint): bigint =>
  (multiply(accumulator ^ round(0n, value), P1) + P4) & MASK;

function stripes(view: DataView, length: number): [hash: bigint, at: number] {
  let [a, b, c, d] = [(P1 + P2) & MASK, P2, 0n, (MASK + 1n - P1) & MASK];
  let at = 0;
  for (; at + 32 <= length; at += 32) {
    a = round(a, view.getBigUint64(at, true));
    b = round(b, view.getBigUint64(at + 8, true));
    c = round(c, view.getBigUint64(at + 16, true));
    d = round(d, view.getBigUint64(at + 24, true));
  }
  const hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
  return [[a, b, c, d].reduce(merge, hash), at];
}

/** xxHash64 with seed 0, as a signed 64-bit integer. */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength;
  let [hash, at] = length >= 32 ? stripes(view, length) : [P5, 0];
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8)
    hash = (multiply(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n), P1) + P4) & MASK;
  if (at + 4 <= length) {
    hash = (multiply(rotate(hash ^ multiply(BigInt(view.getUint32(at, true)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < length; at++) hash = multiply(rotate(hash ^ multiply(BigInt(view.getUint8(at)), P5), 11n), P1);
  hash = multiply(hash ^ (hash >> 33n), P2);
  hash = multiply(hash ^ (hash >> 29n), P3);
  return BigInt.asIntN(64, hash ^ (hash >> 32n));
}
