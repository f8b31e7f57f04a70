import { countOperations } from "../operations.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

const READS = "get read download access list copy preview fetch select export view".split(" ");
const NO_READS = "delete put write update set create upload".split(" ");

const isRead = (name: string): boolean =>
  name === "" || (READS.some((verb) => name.includes(verb)) && !NO_READS.some((verb) => name.startsWith(verb)));

/**
 * A subject that reads far more objects within a sliding hour than it ever does: secrets, blobs, files. Robust z on the
 * logarithm of its own active hours, in place of fixed limits such as 25 Key Vault reads a day (Sentinel).
 */
export default detector({
  name: "mass-read",
  pillars: ["data"],
  needs: ["Operation"],
  defaults: volumeDefaults,
  relaxed: { ...volumeRelaxed, minAmount: 20 },
  create: (settings, emit, names) =>
    new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Read", amount: (value) => plural(Math.round(value), "object") },
      { amounts: countOperations(names, isRead) },
    ),
});
