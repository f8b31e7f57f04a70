import { countOperations } from "../operations.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

/** Operations that hand a secret to the caller. Lower-case parts of names. */
const EXTRACTIONS = [
  "listkeys",
  "listaccountsas",
  "listservicesas",
  "listsecrets",
  "listconnectionstrings",
  "listadminkeys",
  "listcredential",
  "listclusteradmincredential",
  "listclusterusercredential",
  "publishxml",
  "config/list",
  "secretget",
  "keyexport",
  "keyrelease",
  "secretbackup",
  "keybackup",
  "certificatebackup",
];

/**
 * A caller that collects keys and secrets of far more resources within a sliding hour than it ever does. Counts distinct
 * resources, from 10 on: reading one secret a thousand times is work, reading a thousand once is a harvest.
 */
export default detector({
  name: "key-extraction",
  pillars: ["infrastructure", "data"],
  needs: ["Operation"],
  defaults: { ...volumeDefaults, minAmount: 10 },
  relaxed: { ...volumeRelaxed, minAmount: 3 },
  create: (settings, emit, names) =>
    new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Took the keys of", amount: (value) => plural(Math.round(value), "resource") },
      {
        amounts: countOperations(names, (name) => EXTRACTIONS.some((part) => name.includes(part))),
        target: (batch) => batch.resourceId,
      },
    ),
});
