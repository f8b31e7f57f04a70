/** Functions that this engine leaves out for good, with the reason. */
const REASONS: Readonly<Record<string, string>> = {
  geo_info_from_ip_address: "It reads a geolocation database; offline work reads only the given files.",
  geo_line_simplify: "Which vertices it keeps is not documented; another choice would not be the same line.",
  geo_polygon_simplify: "Which vertices it keeps is not documented; another choice would not be the same polygon.",
  geo_simplify_polygons_array:
    "Which vertices it keeps is not documented; another choice would not be the same polygon.",
};

export const refusalOf = (name: string): string | undefined =>
  Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
