import { idsOf } from "../columns.ts";
import { amountsWhere } from "../operations.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { plural } from "../wording.ts";

const [LOGON, OTHER] = [1, 2];

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
  create: (settings, emit, names) => {
    const kinds = names.property((operation) => (operation.toLowerCase().startsWith("logon") ? LOGON : OTHER));
    const bits = codeBits(names);
    return new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Logged on to", amount: (value) => plural(Math.round(value), "host") },
      {
        amounts: (batch) => {
          const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
          const { subjectType, rowCount } = batch;
          return amountsWhere(rowCount, (row) => {
            const isLogon = subjectType[row] === "user" && kinds.of(operation[row] as number) === LOGON;
            return isLogon && (bits.of(code[row] as number) & FAILURE_BIT) === 0;
          });
        },
        target: (batch) => idsOf(batch, "DeviceId"),
      },
    );
  },
});
