import { idsOf, valuesOf } from "../columns.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults, volumeRelaxed } from "../volume.ts";
import { bytes } from "../wording.ts";

/**
 * A subject that moves far more bytes within a sliding hour than it ever does; hours below 10 MB are never told
 * (Sentinel's time-series exfiltration rules look at sources above 10 MB/h).
 */
export default detector({
  name: "exfiltration-volume",
  pillars: ["data", "network"],
  needs: ["Bytes"],
  defaults: { ...volumeDefaults, minAmount: 10_000_000 },
  relaxed: { ...volumeRelaxed, minAmount: 1_000_000 },
  create: (settings, emit, names) =>
    new VolumeRun(
      settings,
      emit,
      names,
      { verb: "Moved", amount: bytes },
      {
        amounts: (batch) => {
          const [size, code, bits] = [valuesOf(batch, "Bytes"), idsOf(batch, "ResultCode"), codeBits(names)];
          const amounts = new Float64Array(batch.rowCount);
          for (let row = 0; row < amounts.length; row++)
            if ((bits.of(code[row] as number) & FAILURE_BIT) === 0) amounts[row] = size[row] as number;
          return amounts;
        },
      },
    ),
});
