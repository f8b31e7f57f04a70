const mix = (h: number): number => {
  let x = h ^ (h >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};

/**
 * Two independent unsigned 32-bit hashes of a text's UTF-16 code units: FNV-1a style accumulation with two multipliers,
 * each finished with MurmurHash3's finaliser. Stable across runs and machines, not cryptographic. O(length).
 * Source of the finaliser: A. Appleby, MurmurHash3 (public domain).
 */
export function hash64(text: string): readonly [high: number, low: number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return [mix(a ^ (b >>> 7)), mix(b + Math.imul(a, 0x9e3779b1))];
}
