import { countOperations } from "../operations.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

/** Deletions that undo nothing but a session, a link or a lock. */
const HARMLESS = ["session", "lease", "recycle", "link"];

const isDeletion = (name: string): boolean =>
  (name.includes("delete") || name.includes("purge") || name.includes("remove")) &&
  !HARMLESS.some((part) => name.includes(part));

/**
 * A subject that deletes far more objects within a sliding hour than it ever does: blobs, files, secrets, resources. Hours
 * below 25 are never told (Sentinel's mass-deletion rules); beyond that its own active hours decide.
 */
export default detector({
  name: "mass-delete",
  pillars: ["data", "infrastructure"],
  needs: ["Operation"],
  defaults: { ...volumeDefaults, minAmount: 25 },
  relaxed: { ...volumeRelaxed, minAmount: 5 },
  create: (settings, emit, names) =>
    new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Deleted", amount: (value) => plural(Math.round(value), "object") },
      { amounts: countOperations(names, isDeletion), target: (batch) => batch.resourceId },
    ),
});
