import { count, data, h, heading, plural, section, svg } from "./dom.js";
import { LAND, NORTH, STEP } from "./land.js";
import { emptySection } from "./overview.js";
import { virtualTable } from "./virtual.js";

/** Pixels of the drawing per degree. */
const SCALE = 3;
const SMALLEST = 3.5;
const LARGEST = 26;

const x = (longitude) => (longitude + 180) * SCALE;
const y = (latitude) => (NORTH - latitude) * SCALE;

/** One dot per cell of land, as zero-length strokes of one path. */
function ground() {
  const dots = LAND.flatMap((row, line) =>
    [...row].flatMap((digit, four) =>
      [8, 4, 2, 1].flatMap((bit, i) =>
        Number.parseInt(digit, 16) & bit
          ? [`M${((four * 4 + i + 0.5) * STEP * SCALE).toFixed(0)} ${((line + 0.5) * STEP * SCALE).toFixed(0)}h0`]
          : [],
      ),
    ),
  );
  return svg("path", { class: "land", d: dots.join("") });
}

const share = (part, all) => `${((100 * part) / Math.max(1, all)).toFixed(part > 0 && part < all ? 1 : 0)} %`;
const where = ({ latitude, longitude, country }) =>
  `${country || "Unknown"} ${Math.abs(latitude)}° ${latitude < 0 ? "S" : "N"} ${Math.abs(longitude)}° ${longitude < 0 ? "W" : "E"}`;
const whoText = ({ users, names }) => (names.length > 0 ? names.join(", ") : plural(users, "user"));

/** The whole circle is what was tried, the inner one the part that was refused or failed a check. */
function bubbles(places) {
  const most = Math.max(...places.map(({ events }) => events));
  const radius = (events) => SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(events / most);
  return places.map((place) => {
    const { latitude, longitude, events, refused, failed } = place;
    const bad = Math.min(events, refused + failed);
    const size = radius(events);
    return svg(
      "g",
      {},
      svg("circle", { class: "bubble", cx: x(longitude), cy: y(latitude), r: size }),
      bad > 0
        ? svg("circle", {
            class: "bubble bad",
            cx: x(longitude),
            cy: y(latitude),
            r: Math.max(1.5, size * Math.sqrt(bad / events)),
          })
        : null,
      svg(
        "title",
        {},
        `${where(place)}: ${plural(events, "sign-in")}, ${share(refused, events)} refused, ${share(failed, events)} with a failed check, ${whoText(place)}`,
      ),
    );
  });
}

const COLUMNS = [
  { title: "Place", min: 190, grow: 1.2 },
  { title: "Users", min: 220, grow: 2.4 },
  { title: "Sign-ins", min: 90, grow: 0, class: "number" },
  { title: "Refused", min: 90, grow: 0, class: "number" },
  { title: "Failed a check", min: 120, grow: 0, class: "number" },
];

const cells = (place) => [
  where(place),
  whoText(place),
  count(place.events),
  share(place.refused, place.events),
  share(place.failed, place.events),
];

export function drawMap() {
  if (data.places === null) return section("places").remove();
  const places = data.places.map(([latitude, longitude, country, events, refused, failed, users, names]) => ({
    ...{ latitude, longitude, country, events, refused, failed, users, names },
  }));
  if (places.length === 0) return emptySection("places", "Sign-ins", "No sign-in carries a location.");
  const height = LAND.length * STEP * SCALE;
  const countries = new Set(places.map(({ country }) => country)).size;
  const label = `Map of sign-ins from ${plural(places.length, "place")}; the table below lists them.`;
  const table = virtualTable({ label: "Places of sign-ins", columns: COLUMNS, cells, visible: 6 });
  table.show(places);
  section("places").append(
    ...heading(
      "places",
      "Sign-ins",
      `Where users signed in: ${plural(places.length, "place")} in ${plural(countries, "country", "countries")}. The outer circle is what was tried, the inner one what was refused or failed a check.`,
    ),
    h(
      "div",
      { class: "frame" },
      svg(
        "svg",
        { class: "map", viewBox: `0 0 ${360 * SCALE} ${height}`, role: "img", "aria-label": label },
        ground(),
        bubbles(places),
      ),
    ),
    table.element,
  );
}
