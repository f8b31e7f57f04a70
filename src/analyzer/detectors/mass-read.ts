import { textOf } from "../columns.ts";
import { outcomeOf } from "../outcome.ts";
import { detector } from "../types.ts";
import { VolumeRun, volumeDefaults } from "../volume.ts";
import { plural } from "../wording.ts";

const READS = "get read download access list copy preview fetch select export view".split(" ");
const NO_READS = "delete put write update set create upload".split(" ");

const isRead = (operation: string): boolean => {
  const name = operation.toLowerCase();
  if (name === "") return true;
  return READS.some((verb) => name.includes(verb)) && !NO_READS.some((verb) => name.startsWith(verb));
};

/**
 * A subject that reads far more objects within a sliding hour than it ever does: secrets, blobs, files. Robust z on the
 * logarithm of its own active hours, in place of fixed limits such as 25 Key Vault reads a day (Sentinel).
 */
export default detector({
  name: "mass-read",
  pillars: ["data"],
  needs: ["Operation"],
  defaults: volumeDefaults,
  create: (settings, emit) =>
    new VolumeRun(
      settings,
      emit,
      {
        verb: "Read",
        amount: (value) => plural(Math.round(value), "object"),
      },
      (batch) => {
        const [operation, code] = [textOf(batch, "Operation"), textOf(batch, "ResultCode")];
        const verdicts = new Map<string, boolean>();
        return (row) => {
          const name = operation(row);
          let read = verdicts.get(name);
          if (read === undefined) {
            read = isRead(name);
            verdicts.set(name, read);
          }
          return read && outcomeOf(code(row)) !== "failure" ? 1 : 0;
        };
      },
    ),
});
