import { idsOf } from "../columns.ts";
import { amountsWhere } from "../operations.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

/**
 * A caller that walks through objects: far more distinct resources within a sliding hour than it ever asks for, answered
 * or refused. Broken object level authorisation looks like this from outside (OWASP API1:2023), and so does a scraper.
 */
export default detector({
  name: "object-enumeration",
  pillars: ["applications"],
  needs: ["ResultCode"],
  defaults: { ...volumeDefaults, minAmount: 60 },
  relaxed: { ...volumeRelaxed, minAmount: 15 },
  create: (settings, emit, names) =>
    new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Asked for", amount: (value) => plural(Math.round(value), "different object") },
      {
        amounts: (batch) => {
          const code = idsOf(batch, "ResultCode");
          return amountsWhere(batch.rowCount, (row) => code[row] !== 0);
        },
        target: (batch) => batch.resourceId,
      },
    ),
});
