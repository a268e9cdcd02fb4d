/** Prints what the codec says on XS to packets changed at random. Option: `seed`. */
import options from "host-options";
import { mutants } from "./mqtt-mutants.js";

for (const line of mutants(Number(options.seed))) trace(`${line}\n`);
