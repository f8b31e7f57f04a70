import type { Coordinate } from "./shapes.ts";

/** WGS-84. */
const EQUATOR = 6378137;
const FLATTENING = 1 / 298.257223563;
const POLE = EQUATOR * (1 - FLATTENING);

const DEGREE = Math.PI / 180;
const STEPS = 200;
const PRECISION = 1e-13;

/**
 * Metres between two places on the WGS-84 spheroid, by Vincenty's inverse formula. Undefined for places so nearly
 * opposite each other that the iteration does not settle.
 */
export function spheroidDistance(from: Coordinate, to: Coordinate): number | undefined {
  const reduced = (latitude: number): number => Math.atan((1 - FLATTENING) * Math.tan(latitude * DEGREE));
  const difference = (to[0] - from[0]) * DEGREE;
  const [u1, u2] = [reduced(from[1]), reduced(to[1])];
  const [sin1, cos1, sin2, cos2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = difference;
  for (let step = 0; step < STEPS; step++) {
    const [sinLambda, cosLambda] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(cos2 * sinLambda, cos1 * sin2 - sin1 * cos2 * cosLambda);
    if (sinSigma === 0) return 0;
    const cosSigma = sin1 * sin2 + cos1 * cos2 * cosLambda;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (cos1 * cos2 * sinLambda) / sinSigma;
    const cosAlpha2 = 1 - sinAlpha ** 2;
    const middle = cosAlpha2 === 0 ? 0 : cosSigma - (2 * sin1 * sin2) / cosAlpha2;
    const c = (FLATTENING / 16) * cosAlpha2 * (4 + FLATTENING * (4 - 3 * cosAlpha2));
    const before = lambda;
    lambda =
      difference +
      (1 - c) * FLATTENING * sinAlpha * (sigma + c * sinSigma * (middle + c * cosSigma * (2 * middle ** 2 - 1)));
    if (Math.abs(lambda - before) < PRECISION) return arcLength(cosAlpha2, sigma, sinSigma, cosSigma, middle);
  }
  return undefined;
}

function arcLength(cosAlpha2: number, sigma: number, sinSigma: number, cosSigma: number, middle: number): number {
  const u = (cosAlpha2 * (EQUATOR ** 2 - POLE ** 2)) / POLE ** 2;
  const a = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
  const b = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
  const twice = 2 * middle ** 2 - 1;
  const change =
    b *
    sinSigma *
    (middle + (b / 4) * (cosSigma * twice - (b / 6) * middle * (4 * sinSigma ** 2 - 3) * (4 * middle ** 2 - 3)));
  return POLE * a * (sigma - change);
}
