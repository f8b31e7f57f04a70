import { textOf } from "../columns.ts";
import { outcomeOf } from "../outcome.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

/**
 * An account that logs on to far more hosts within a sliding hour than it ever does, from 6 on. An administrator's or a
 * scanner's habit is learned; a stolen account has none (MITRE ATT&CK T1021).
 */
export default detector({
  name: "lateral-movement",
  pillars: ["devices"],
  needs: ["DeviceId", "Operation"],
  defaults: { ...volumeDefaults, minAmount: 6 },
  relaxed: { ...volumeRelaxed, minAmount: 3 },
  create: (settings, emit) =>
    new VolumeRun(
      settings,
      emit,
      { verb: "Logged on to", amount: (value) => plural(Math.round(value), "host") },
      {
        amount: (batch) => {
          const [operation, code] = [textOf(batch, "Operation"), textOf(batch, "ResultCode")];
          return (row) => {
            const isLogon = batch.subjectType[row] === "user" && operation(row).toLowerCase().startsWith("logon");
            return isLogon && outcomeOf(code(row)) !== "failure" ? 1 : 0;
          };
        },
        target: (batch) => textOf(batch, "DeviceId"),
      },
    ),
});
