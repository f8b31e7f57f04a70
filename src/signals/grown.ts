/** Numbers that are copied, or seen to be zeros, at a time. */
const STEP = 1024;

/** Copies numbers to the start of a longer array of zeros. Memory of long runs of zeros stays untouched there. */
function copy<A extends Int32Array | Float64Array>(from: A, to: A): A {
  for (let start = 0; start < from.length; start += STEP) {
    const end = Math.min(from.length, start + STEP);
    let at = start;
    while (at < end && from[at] === 0) at += 1;
    if (at < end) to.set(from.subarray(start, end), start);
  }
  return to;
}

/** An array of at least `length` numbers that begins with those of another one. */
export function grown(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (numbers.length >= length) return numbers;
  return copy(numbers, new Int32Array(Math.max(1024, length, 2 * numbers.length)));
}

/** As `grown`, for numbers with fractions. */
export function grownFloats(numbers: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (numbers.length >= length) return numbers;
  return copy(numbers, new Float64Array(Math.max(256, length, 2 * numbers.length)));
}
