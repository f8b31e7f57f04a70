import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";

/** Loads folders with every column, mapping and accounting. Fails where a record is not accounted for as good. */
const [store = "", ...paths] = process.argv.slice(2);
const backend = await EmbeddedBackend.open({ paths, ...(store !== "" && { store }) });
const inputs = backend.inputs();
if (inputs.some(({ read, accepted }) => read === 0 || read !== accepted)) process.exitCode = 1;
await backend.close();
