import { afterAll, expect, test } from "vitest";
import { evaluate, type Input, openTestEngine } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

const cases: readonly (readonly [name: string, inputs: readonly Input[], expected: number | string | null])[] = [
  ["gamma", [5n], 24],
  ["gamma", [0.5], Math.sqrt(Math.PI)],
  ["gamma", [-1.5], 2.363271801207355],
  ["loggamma", [5n], 3.1780538303479458],
  ["erf", [1n], 0.8427007929497149],
  ["erf", [-3n], -0.9999779095030014],
  ["erfc", [3n], 2.209049699858544e-5],
  ["beta_cdf", [0.9, 10.0, 20.0], 0.999999999999959],
  ["beta_cdf", [1.5, 10.0, 20.0], "NaN"],
  ["beta_inv", [0.1, 10.0, 20.0], 0.226415022388749],
  ["beta_inv", [1.5, 10.0, 20.0], null],
  ["beta_inv", [0.1, -1.0, 20.0], "NaN"],
  ["beta_pdf", [0.5, 10.0, 20.0], 0.746176019310951],
  ["welch_test", [20.82, 7.91, 15n, 22.98, 3.73, 15n], 0.0211],
  ["convert_angle", [1.2, "Degree", "Arcminute"], 72],
  ["convert_energy", [1.2, "Joule", "BritishThermalUnit"], 0.00113738054437598],
  ["convert_force", [1.2, "Newton", "Decanewton"], 0.12],
  ["convert_length", [1.2, "Meter", "Foot"], 3.93700787401575],
  ["convert_mass", [1.2, "Kilogram", "Pound"], 2.64554714621853],
  ["convert_speed", [1.2, "MeterPerSecond", "CentimeterPerHour"], 432000],
  ["convert_temperature", [1.2, "Kelvin", "DegreeCelsius"], -271.95],
  ["convert_temperature", [-40n, "DegreeFahrenheit", "DegreeCelsius"], -40],
  ["convert_volume", [1.2, "CubicMeter", "AcreFoot"], 0.0009728568],
  ["convert_volume", [1.2, "CubicMeter", "Nothing"], null],
];

test.each(cases.map(([name, inputs, expected]) => ({ name, inputs, expected })))(
  "$name($inputs)",
  async ({ name, inputs, expected }) => {
    for (const value of await evaluate(engine, name, inputs))
      if (typeof expected === "number")
        expect(Math.abs(Number(value) / expected - 1)).toBeLessThan(name === "welch_test" ? 0.05 : 1e-12);
      else expect(value).toBe(expected);
  },
);
