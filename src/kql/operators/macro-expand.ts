import { refusal } from "../plan/refusing.ts";

/** `macro-expand` is refused. */
export default refusal("macro-expand", "Entity groups name clusters, and offline work reads only the given files.");
