/**
 * A deliberate mistake for every checker of the simulation (host-sim/simulation/checks): each is one place of the
 * product's code, changed as somebody might change it, and a checker must see it. Two are bugs that the simulation
 * found. mutants.test.ts runs those that are seen soon, `npm run mutants` all of them.
 */
import { CHANNEL_MUTANTS } from "./channel-mutants.js";
import { LINE_MUTANTS } from "./line-mutants.js";
import type { Mutant } from "./mutant.js";

export const MUTANTS: readonly Mutant[] = [...CHANNEL_MUTANTS, ...LINE_MUTANTS];
