import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";

/** Loads a folder with every column, mapping and accounting. Fails where a record is not accounted for as good. */
const [folder = ".", store] = process.argv.slice(2);
const backend = await EmbeddedBackend.open({ paths: [folder], ...(store !== undefined && { store }) });
const inputs = backend.inputs();
if (inputs.some(({ read, accepted }) => read === 0 || read !== accepted)) process.exitCode = 1;
await backend.close();
