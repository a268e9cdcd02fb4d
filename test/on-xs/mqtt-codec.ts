/** Prints what the codec says on XS to packets changed at random. Option: `seed`. */
import option from "host-options";
import { mutants } from "./mqtt-mutants.js";

for (const line of mutants(Number(option("seed")))) trace(`${line}\n`);
