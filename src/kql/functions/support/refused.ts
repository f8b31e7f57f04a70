/** Functions that this engine leaves out for good, with the reason. */
const REASONS: Readonly<Record<string, string>> = {
  geo_info_from_ip_address: "It reads a geolocation database; offline work reads only the given files.",
};

export const refusalOf = (name: string): string | undefined =>
  Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
