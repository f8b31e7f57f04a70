import { afterAll, describe, expect, test } from "vitest";
import { dyn, evaluate, fixed, type Input, json, none, openTestEngine } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

const line = (...coordinates: readonly (readonly number[])[]) => dyn({ type: "LineString", coordinates });
const lines = (...coordinates: readonly unknown[]) => dyn({ type: "MultiLineString", coordinates });
const polygon = (...coordinates: readonly (readonly (readonly number[])[])[]) => dyn({ type: "Polygon", coordinates });
const polygons = (...coordinates: readonly unknown[]) => dyn({ type: "MultiPolygon", coordinates });

const square = (west: number, south: number, size: number): number[][] => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
/** A park of four corners in New York. */
const PARK = polygon([
  [-73.9495, 40.7969],
  [-73.95807266235352, 40.80068603561921],
  [-73.98201942443848, 40.76825672305777],
  [-73.97317886352539, 40.76455136505513],
  [-73.9495, 40.7969],
]);
const ROAD = line([-73.95796, 40.80042], [-73.97317, 40.764486]);
const DIAGONAL = line([-73.985195, 40.788275], [-73.974552, 40.779761]);
const TRIANGLE = polygon([
  [2, 45],
  [0, 45],
  [1, 44],
  [2, 45],
]);
const NOTHING = dyn({ type: "GeometryCollection", geometries: [] });

type Case = readonly [name: string, inputs: readonly Input[], expected: unknown];

/** Numbers agree to ten digits, everything else exactly. */
function agrees(actual: unknown, expected: unknown): boolean {
  if (typeof actual === "number" && typeof expected === "number")
    return Math.abs(actual - expected) <= 1e-10 * Math.max(1, Math.abs(expected));
  if (Array.isArray(actual) && Array.isArray(expected))
    return actual.length === expected.length && actual.every((item, i) => agrees(item, expected[i]));
  if (typeof actual === "object" && typeof expected === "object" && actual !== null && expected !== null) {
    const [a, b] = [Object.entries(actual), Object.entries(expected)];
    return a.length === b.length && a.every(([key, item], i) => key === b[i]?.[0] && agrees(item, b[i]?.[1]));
  }
  return actual === expected;
}

const structured = (text: unknown): unknown =>
  typeof text === "string" && /^[[{]/.test(text) ? JSON.parse(text) : text;
const plain = (value: unknown): unknown => structured(typeof value === "bigint" ? Number(value) : value);

const point = (...coordinates: readonly number[]) => ({ type: "Point", coordinates });
const groups: Readonly<Record<string, readonly Case[]>> = {
  points: [
    ["geo_distance_2points", [-122.407628, 47.578557, -118.275287, 34.019056], 1546754.35197381],
    ["geo_distance_2points", [0.0, 0.0, 0.0, 90.0, true], 10001965.72931],
    ["geo_distance_2points", [0.0, 0.0, 180.0, 0.0, false], Math.PI * 6371010],
    ["geo_distance_2points", [0.0, 0.0, 179.9, 0.1, true], null],
    ["geo_distance_2points", [3.0, 4.0, 3.0, 4.0, true], 0],
    ["geo_distance_2points", [300.0, 1.0, 1.0, 1.0], null],
    ["geo_distance_2points", [none("real"), 1.0, 1.0, 1.0], null],
    ["geo_azimuth", [5.0, 10.0, 10.0, -40.0], 3.05459939796449],
    ["geo_azimuth", [0.0, 0.0, 0.0, 1.0], 0],
    ["geo_azimuth", [0.0, 0.0, 1.0, 0.0], Math.PI / 2],
    ["geo_azimuth", [0.0, 0.0, -1.0, 0.0], 1.5 * Math.PI],
    ["geo_azimuth", [5.0, 10.0, 5.0, 10.0], null],
    ["geo_azimuth", [0.0, 0.0, 180.0, 0.0], null],
    ["geo_angle", [0.0, 10.0, 0.0, 5.0, 3.0, -10.0], 2.94493843406882],
    ["geo_angle", [0.0, 10.0, 0.0, 10.0, 3.0, -10.0], null],
    ["geo_point_in_circle", [-122.143564, 47.535677, -122.100896, 47.527351, 3500n], true],
    ["geo_point_in_circle", [-122.137575, 47.630683, -122.100896, 47.527351, 3500n], false],
    ["geo_point_in_circle", [1.0, 1.0, 1.0, 1.0, -1.0], null],
  ],
  grids: [
    ["geo_point_to_geohash", [-80.195829, 25.802215, 8n], "dhwfz15h"],
    ["geo_point_to_geohash", [139.806115, 35.554128], "xn76m"],
    ["geo_point_to_geohash", [180.0, 90.0, 1n], "z"],
    ["geo_point_to_geohash", [1.0, 1.0, 19n], ""],
    ["geo_point_to_geohash", [181.0, 1.0], ""],
    ["geo_geohash_to_central_point", ["sunny"], point(42.47314453125, 23.70849609375)],
    ["geo_geohash_to_central_point", ["a"], null],
    ["geo_geohash_to_polygon", ["s"], { type: "Polygon", coordinates: [square(0, 0, 45)] }],
    ["geo_geohash_neighbors", ["sunny"], ["sunnt", "sunpj", "sunnx", "sunpn", "sunnv", "sunpp", "sunnz", "sunnw"]],
    ["geo_geohash_neighbors", [""], null],
    ["geo_point_to_s2cell", [-80.195829, 25.802215, 8n], "88d9b"],
    ["geo_point_to_s2cell", [-80.195829, 25.802215, 31n], ""],
    ["geo_s2cell_to_central_point", ["1234567"], point(9.86830731850408, 27.4683929258276)],
    ["geo_s2cell_to_central_point", ["a"], null],
    ["geo_s2cell_to_central_point", ["f"], null],
    [
      "geo_s2cell_to_polygon",
      ["89c259"],
      {
        type: "Polygon",
        coordinates: [
          [
            [-74.03001224983848, 40.8012684339439],
            [-74.03001224983848, 40.7222262918358],
            [-73.93598211433742, 40.708880489804564],
            [-73.93598211433742, 40.78791713450684],
            [-74.03001224983848, 40.8012684339439],
          ],
        ],
      },
    ],
    [
      "geo_s2cell_neighbors",
      ["89c259"],
      ["89c25d", "89c2f9", "89c251", "89c257", "89c25f", "89c25b", "89c2f7", "89c2f5"],
    ],
    ["geo_point_to_h3cell", [-74.04450446039874, 40.689250859314974, 6n], "862a1072fffffff"],
    ["geo_point_to_h3cell", [-74.0, 40.0, 16n], ""],
    ["geo_h3cell_to_central_point", ["862a1072fffffff"], point(-74.01600847979245, 40.7041679083504)],
    ["geo_h3cell_to_central_point", ["1"], null],
    ["geo_h3cell_parent", ["862a1072fffffff"], "852a1073fffffff"],
    ["geo_h3cell_parent", ["862a1072fffffff", 1n], "812a3ffffffffff"],
    ["geo_h3cell_parent", ["862a1072fffffff", 15n], ""],
    ["geo_h3cell_parent", ["123"], ""],
    ["geo_h3cell_level", ["862a1072fffffff"], 6],
    ["geo_h3cell_level", ["abc"], null],
    [
      "geo_h3cell_neighbors",
      ["862a1072fffffff"],
      [
        "862a10727ffffff",
        "862a10707ffffff",
        "862a1070fffffff",
        "862a10777ffffff",
        "862a100dfffffff",
        "862a100d7ffffff",
      ],
    ],
    ["geo_h3cell_rings", ["861f8894fffffff", 0n], [["861f8894fffffff"]]],
    ["geo_h3cell_rings", ["861f8894fffffff", 150n], null],
    ["geo_h3cell_children", ["862a1072fffffff", 12n], null],
    ["geo_h3cell_children", ["862a1072fffffff", 5n], null],
  ],
  text: [
    ["geo_from_wkt", ["POINT (1 2)"], point(1, 2)],
    ["geo_from_wkt", ["linestring(1 2,3.5 -4e0)"], { type: "LineString", coordinates: [[1, 2], [3.5, -4]] }], // biome-ignore format: one line
    ["geo_from_wkt", ["MULTIPOINT ((1 1), (2 2))"], { type: "MultiPoint", coordinates: [[1, 1], [2, 2]] }], // biome-ignore format: one line
    ["geo_from_wkt", ["LINESTRING"], null],
    ["geo_from_wkt", ["POINT (200 1)"], null],
    ["geo_from_wkt", ["POINT (1 2) POINT (1 2)"], null],
    [
      "geo_from_wkt",
      ["GEOMETRYCOLLECTION (POINT (1 1),POLYGON ((0 0, 2 0, 2 2, 0 0)))"],
      {
        type: "GeometryCollection",
        geometries: [point(1, 1), { type: "Polygon", coordinates: [[[0, 0], [2, 0], [2, 2], [0, 0]]] }], // biome-ignore format: one line
      },
    ],
  ],
  lines: [
    ["geo_line_length", [line([0, 0], [0, 90])], (Math.PI / 2) * 6371010],
    ["geo_line_length", [lines([[0, 0], [0, 1]], [[0, 1], [0, 0]])], (Math.PI / 180) * 6371010], // biome-ignore format: one line
    ["geo_line_length", [line([1, 1])], null],
    ["geo_line_length", [line([1, 1], [1, 1])], null],
    ["geo_line_length", [json("[1]")], null],
    ["geo_line_centroid", [ROAD], point(-73.96556705723094, 40.782453249627416)],
    ["geo_line_interpolate_point", [ROAD, 0.25], point(-73.96176404321828, 40.79143668725723)],
    ["geo_line_interpolate_point", [ROAD, 1.5], null],
    ["geo_line_interpolate_point", [lines([[0, 0], [1, 1]], [[2, 2], [3, 3]]), 0.5], null], // biome-ignore format: one line
    ["geo_line_locate_point", [ROAD, -73.965, 40.792], 0.25560135100307552],
    ["geo_line_locate_point", [ROAD, 0.0, 0.0, fixed({ type: "bool", value: false })], 0],
    ["geo_distance_point_to_line", [0.0, 1.0, line([-10, 0], [10, 0])], (Math.PI / 180) * 6371010],
    ["geo_distance_point_to_line", [11.0, 0.0, line([-10, 0], [10, 0])], (Math.PI / 180) * 6371010],
    ["geo_closest_point_on_line", [3.0, 1.0, line([-10, 0], [10, 0])], point(3, 0)],
    ["geo_closest_point_on_line", [300.0, 1.0, line([-10, 0], [10, 0])], null],
    ["geo_line_densify", [line([50, 50], [51, 51])], { type: "LineString", coordinates: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((k) => [50 + k / 8, 50 + k / 8]) }], // biome-ignore format: one line
    ["geo_line_densify", [line([1, 1], [2, 2]), 0.0], null],
    ["geo_line_densify", [line([179.999, 1], [-179.999, 1]), 10.0, true], { type: "LineString", coordinates: [[179.999, 1], [-179.999, 1]] }], // biome-ignore format: one line
    ["geo_line_to_s2cells", [line([0.1, 0.1], [0.2, 0.1]), 4n], ["101"]],
    ["geo_line_to_s2cells", [line([0.1, 0.1], [0.2, 0.1]), 4n, 20000.0], ["055", "0ff", "101", "1ab"]],
    ["geo_line_to_s2cells", [line([0.1, 0.1], [0.2, 0.1]), 31n], null],
  ],
  polygons: [
    ["geo_polygon_area", [PARK], 3475207.28346606],
    ["geo_polygon_area", [polygon([[0, 0], [0, 90], [90, 0], [0, 0]])], (Math.PI / 2) * 6371010 ** 2], // biome-ignore format: one line
    ["geo_polygon_area", [polygon([[0, 0], [10, 10], [10, 10], [0, 0]])], null], // biome-ignore format: one line
    ["geo_polygon_area", [polygon([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]])], null], // biome-ignore format: one line
    ["geo_polygon_perimeter", [polygon([[0, 0], [0, 90], [90, 0], [0, 0]])], 1.5 * Math.PI * 6371010], // biome-ignore format: one line
    ["geo_point_in_polygon", [5.0, 5.0, polygon(square(0, 0, 10))], true],
    ["geo_point_in_polygon", [5.0, 5.0, polygon(square(0, 0, 10), square(4, 4, 2))], false],
    ["geo_point_in_polygon", [5.0, 5.0, polygons([square(4, 4, 2)], [square(0, 0, 10)])], true],
    ["geo_point_in_polygon", [11.0, 5.0, polygon(square(0, 0, 10))], false],
    ["geo_point_in_polygon", [200.0, 1.0, polygon(square(0, 0, 10))], null],
    ["geo_distance_point_to_polygon", [-73.9839, 40.7705, PARK], 259.940756070596],
    ["geo_distance_point_to_polygon", [5.0, 5.0, polygon(square(0, 0, 10))], 0],
    ["geo_closest_point_on_polygon", [-73.9839, 40.7705, PARK], point(-73.981205580153926, 40.769359452843211)],
    ["geo_closest_point_on_polygon", [5.0, 5.0, polygon(square(0, 0, 10))], point(5, 5)],
    ["geo_polygon_densify", [polygon([[10, 900], [11, 10], [11, 11], [10, 900]])], null], // biome-ignore format: one line
    ["geo_polygon_to_s2cells", [polygon(square(0, 0, 30)), 0n], ["1"]],
    ["geo_polygon_to_s2cells", [polygon(square(0, 0, 50)), 30n], null],
    ["geo_polygon_to_h3cells", [polygon(square(0, 0, 50)), 15n], null],
  ],
  overlays: [
    ["geo_intersects_2lines", [line([0, -1], [0, 1]), line([-1, 0], [1, 0])], true],
    ["geo_intersects_2lines", [line([0, 0], [0, 1]), line([-1, 0], [0, 0])], true],
    ["geo_intersects_2lines", [line([0, 1], [0, 2]), line([-1, 0], [1, 0])], false],
    ["geo_intersects_2lines", [line([0, 1]), line([-1, 0], [1, 0])], null],
    ["geo_intersects_line_with_polygon", [line([4, 4], [5, 5]), polygon(square(0, 0, 10))], true],
    ["geo_intersects_line_with_polygon", [line([4, 11], [5, 11]), polygon(square(0, 0, 10))], false],
    ["geo_intersects_2polygons", [polygon(square(4, 4, 1)), polygon(square(0, 0, 10))], true],
    ["geo_intersects_2polygons", [polygon(square(0, 0, 10)), polygon(square(4, 4, 1))], true],
    ["geo_intersects_2polygons", [polygon(square(0, 0, 1)), polygon(square(4, 4, 1))], false],
    [
      "geo_intersection_2lines",
      [line([-73.978929, 40.785155], [-73.980903, 40.782621]), DIAGONAL],
      point(-73.97983711667098, 40.783989289772165),
    ],
    ["geo_intersection_2lines", [DIAGONAL, DIAGONAL], JSON.parse(String(DIAGONAL.value))],
    ["geo_intersection_2lines", [line([1, 1], [2, 2]), line([3, 3], [4, 4])], JSON.parse(String(NOTHING.value))],
    [
      "geo_intersection_line_with_polygon",
      [
        line([-110.522, 39.198], [-91.428, 40.88]),
        polygon(
          [[-90.263, 36.738], [-102.041, 45.274], [-109.335, 36.527], [-90.263, 36.738]], // biome-ignore format: one line
          [[-100.393, 41.705], [-103.139, 38.925], [-97.558, 39.113], [-100.393, 41.705]], // biome-ignore format: one line
        ),
      ],
      {
        type: "MultiLineString",
        coordinates: [
          [[-106.89353655881905, 39.769226209776306], [-101.74448553679453, 40.373506008712525]], // biome-ignore format: one line
          [[-99.136499431328858, 40.589336512699994], [-95.284527737311791, 40.799060242246348]], // biome-ignore format: one line
        ],
      },
    ],
    ["geo_intersection_2polygons", [TRIANGLE, polygon([[3, 44], [2, 45], [2, 43], [3, 44]])], point(2, 45)], // biome-ignore format: one line
    ["geo_intersection_2polygons", [TRIANGLE, polygon([[3, 44], [3, 45], [2, 43], [3, 44]])], JSON.parse(String(NOTHING.value))], // biome-ignore format: one line
    [
      "geo_intersection_2polygons",
      [
        TRIANGLE,
        polygons(
          [[[3, 44], [2, 45], [2, 43], [3, 44]]], // biome-ignore format: one line
          [[[1.192, 45.265], [1.005, 44.943], [1.356, 44.937], [1.192, 45.265]]], // biome-ignore format: one line
        ),
      ],
      {
        type: "GeometryCollection",
        geometries: [
          point(2, 45),
          {
            type: "Polygon",
            coordinates: [
              [
                [1.3227075526410679, 45.003909145068739],
                [1.04045653748998, 45.004356403066552],
                [1.005, 44.943],
                [1.356, 44.937],
                [1.3227075526410679, 45.003909145068739],
              ],
            ],
          },
        ],
      },
    ],
    [
      "geo_union_polygons_array",
      [
        dyn([
          { type: "Polygon", coordinates: [square(0, 0, 2)] },
          { type: "Polygon", coordinates: [square(2, 0, 2)] },
        ]),
      ],
      {
        type: "Polygon",
        coordinates: [[[2, 2], [0, 2], [0, 0], [2, 0], [4, 0], [4, 2], [2, 2]]], // biome-ignore format: one line
      },
    ],
    ["geo_union_polygons_array", [dyn([{ type: "Polygon", coordinates: [[[1, 1]]] }])], null],
    [
      "geo_union_lines_array",
      [dyn([{ type: "LineString", coordinates: [[1, 1], [2, 2], [3, 3]] }, { type: "LineString", coordinates: [[3, 3], [2, 2]] }])], // biome-ignore format: one line
      { type: "LineString", coordinates: [[1, 1], [2, 2], [3, 3]] }, // biome-ignore format: one line
    ],
  ],
  buffers: [
    ["geo_point_buffer", [200.0, 1.0, 0.1], null],
    ["geo_point_buffer", [10.0, 10.0, -1.0], null],
    ["geo_line_buffer", [line([0, 0], [1, 1]), 0.0], null],
    ["geo_line_buffer", [json('{"type":"LineString"}'), 5.0], null],
    ["geo_polygon_buffer", [polygon(square(0, 0, 1)), 1000000.0, 0.1], null],
  ],
};

describe.each(Object.entries(groups))("%s", (_, cases) => {
  test.each(cases.map(([name, inputs, expected]) => ({ name, inputs, expected })))(
    "$name($inputs) is $expected",
    async ({ name, inputs, expected }) => {
      for (const value of await evaluate(engine, name, inputs)) {
        const actual = plain(value);
        expect(agrees(actual, expected) ? expected : actual).toEqual(expected);
      }
    },
  );
});
