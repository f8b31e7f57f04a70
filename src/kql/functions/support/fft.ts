export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** In place, for a length that is a power of two. */
function radix2({ re, im }: Complex, sign: number): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let size = 2; size <= n; size <<= 1)
    for (let k = 0; k < size / 2; k++) {
      const angle = (sign * 2 * Math.PI * k) / size;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k; a < n; a += size) {
        const b = a + size / 2;
        const [x, y] = [re[b] ?? 0, im[b] ?? 0];
        const [tr, ti] = [x * cos - y * sin, x * sin + y * cos];
        re[b] = (re[a] ?? 0) - tr;
        im[b] = (im[a] ?? 0) - ti;
        re[a] = (re[a] ?? 0) + tr;
        im[a] = (im[a] ?? 0) + ti;
      }
    }
}

/** Any length, by Bluestein's chirp convolution. */
function chirp({ re, im }: Complex, sign: number): Complex {
  const n = re.length;
  const size = 2 ** Math.ceil(Math.log2(2 * n));
  const angle = (i: number): number => (sign * Math.PI * ((i * i) % (2 * n))) / n;
  const a = { re: new Float64Array(size), im: new Float64Array(size) };
  const b = { re: new Float64Array(size), im: new Float64Array(size) };
  for (let i = 0; i < n; i++) {
    const [cos, sin] = [Math.cos(angle(i)), Math.sin(angle(i))];
    a.re[i] = (re[i] ?? 0) * cos - (im[i] ?? 0) * sin;
    a.im[i] = (re[i] ?? 0) * sin + (im[i] ?? 0) * cos;
    for (const at of i === 0 ? [0] : [i, size - i]) {
      b.re[at] = cos;
      b.im[at] = -sin;
    }
  }
  radix2(a, -1);
  radix2(b, -1);
  for (let i = 0; i < size; i++) {
    const [x, y, u, v] = [a.re[i] ?? 0, a.im[i] ?? 0, b.re[i] ?? 0, b.im[i] ?? 0];
    a.re[i] = x * u - y * v;
    a.im[i] = x * v + y * u;
  }
  radix2(a, 1);
  const out = { re: new Float64Array(n), im: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const [cos, sin, x, y] = [Math.cos(angle(i)), Math.sin(angle(i)), (a.re[i] ?? 0) / size, (a.im[i] ?? 0) / size];
    out.re[i] = x * cos - y * sin;
    out.im[i] = x * sin + y * cos;
  }
  return out;
}

/** The discrete Fourier transform, or its inverse, which divides by the length. */
export function transform(real: readonly number[], imaginary: readonly number[], inverse: boolean): Complex {
  const n = real.length;
  const input = { re: Float64Array.from(real), im: Float64Array.from({ length: n }, (_, i) => imaginary[i] ?? 0) };
  if (n < 2) return input;
  const sign = inverse ? 1 : -1;
  let output: Complex = input;
  if ((n & (n - 1)) === 0) radix2(input, sign);
  else output = chirp(input, sign);
  return inverse ? { re: output.re.map((x) => x / n), im: output.im.map((x) => x / n) } : output;
}
