/** What is explored: small lines with few misfortunes, so that every order of events is looked at. */
import type { Configuration } from "./line-state.js";

const CALM: Configuration = {
	stations: 2,
	units: 1,
	sets: 2,
	cuts: 0,
	losses: 0,
	repeats: 0,
	swaps: 0,
	isReleasing: false,
	hasOutages: false,
};

/** In every run of the tests: up to about 100,000 states each. */
export const SMALL: { readonly [name: string]: Configuration } = {
	"a power cut": { ...CALM, cuts: 1 },
	"a power cut and a loss, one value set": { ...CALM, sets: 1, cuts: 1, losses: 1 },
	"a loss and a repeat": { ...CALM, losses: 1, repeats: 1 },
	"a power cut and a repeat, one value set": { ...CALM, sets: 1, cuts: 1, repeats: 1 },
	"two losses": { ...CALM, losses: 2 },
	"a replaced board and a loss, one value set": { ...CALM, sets: 1, swaps: 1, losses: 1 },
	"a long outage and a new version, one value set": {
		...CALM,
		sets: 1,
		cuts: 1,
		isReleasing: true,
		hasOutages: true,
	},
	"two units, one value set": { ...CALM, sets: 1, units: 2 },
};

/** With `npm run model -- --big`: minutes each, and some gigabytes of memory. */
export const BIG: { readonly [name: string]: Configuration } = {
	"a power cut and a loss": { ...CALM, cuts: 1, losses: 1 },
	"a power cut, a loss and a repeat": { ...CALM, cuts: 1, losses: 1, repeats: 1 },
	"two power cuts": { ...CALM, cuts: 2 },
	"a long outage and a new version": { ...CALM, cuts: 1, isReleasing: true, hasOutages: true },
	"two power cuts, two losses and a repeat, one value set": {
		...CALM,
		sets: 1,
		cuts: 2,
		losses: 2,
		repeats: 1,
	},
	"a replaced board, a power cut and a loss": { ...CALM, swaps: 1, cuts: 1, losses: 1 },
	"three stations, a power cut and a loss, one value set": {
		...CALM,
		stations: 3,
		sets: 1,
		cuts: 1,
		losses: 1,
	},
	"two units, a power cut, one value set": { ...CALM, units: 2, sets: 1, cuts: 1 },
};

/** Faults built in on purpose, and what is found of them. */
export const MUTANTS: {
	readonly [name: string]: { readonly configuration: Configuration; readonly finds: RegExp };
} = {
	"a server that refuses in silence": {
		configuration: { ...CALM, sets: 1, losses: 1, mutant: "silent-closed" },
		finds: /no way to the goal/,
	},
	"a station that does not store its result": {
		configuration: { ...CALM, sets: 1, cuts: 1, mutant: "unstored-result" },
		finds: /makes attempt 1 again/,
	},
	"a server that makes tickets at the receiver's wish": {
		configuration: { ...CALM, sets: 1, mutant: "eager-ticket" },
		finds: /not let go/,
	},
};
