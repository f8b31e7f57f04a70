// Writes the page's map of the land: `node .config/land.mjs land-110m.json`, a TopoJSON file of Natural Earth (public
// domain) as the npm package world-atlas carries it. One bit per cell of 2 degrees: is its middle on land?
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [STEP, NORTH, SOUTH] = [2, 82, -56];
const world = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { scale, translate } = world.transform;

const arcs = world.arcs.map((arc) => {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    [x, y] = [x + dx, y + dy];
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
  });
});
const ring = (indexes) => indexes.flatMap((index) => (index < 0 ? arcs[~index].toReversed() : arcs[index]));
const rings = world.objects.land.geometries.flatMap(({ type, arcs: shape }) =>
  (type === "Polygon" ? [shape] : shape).flatMap((polygon) => polygon.map(ring)),
);

/** Even-odd rule over all rings: holes are seas. */
const isLand = (x, y) =>
  rings.reduce((inside, points) => {
    let crossings = 0;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [[ax, ay], [bx, by]] = [points[i], points[j]];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) crossings++;
    }
    return inside !== (crossings % 2 === 1);
  }, false);

const rows = [];
for (let y = NORTH - STEP / 2; y > SOUTH; y -= STEP) {
  let bits = "";
  for (let x = -180 + STEP / 2; x < 180; x += STEP) bits += isLand(x, y) ? "1" : "0";
  rows.push(bits.replace(/.{4}/g, (four) => Number.parseInt(four, 2).toString(16)));
}
const file = fileURLToPath(new URL("../src/outputs/report/page/land.js", import.meta.url));
writeFileSync(
  file,
  `/** Land in cells of 2 degrees, from ${NORTH}° north down and from 180° west on; 4 cells per hexadecimal digit. */
export const NORTH = ${NORTH};
export const STEP = ${STEP};
export const LAND = [
${rows.map((row) => `  "${row}",`).join("\n")}
];
`,
);
