/**
 * What stands in the simulated fixture: a unit with a resonant circuit that the station trims. The unit
 * brings its own resistance, inductance and capacitance, off their nominal values by hidden tolerances; a
 * value set adds a series resistor, a series inductor and a parallel capacitor and chooses the current
 * that drives the circuit. The readings follow from the circuit, with measurement noise.
 *
 *   R = unit + added (ohm)      resonance  f = 1 / (2 pi sqrt(L C))   (kHz)
 *   L = unit + added (mH)       q-factor   Q = sqrt(L / C) / R
 *   C = unit + added (nF)       impedance  R                          (ohm)
 *   I = chosen (mA)             amplitude  U = gain I R               (V)
 *
 * Everything depends only on (seed, station, serial) and the noise also on the attempt number, so a repeated
 * attempt reads the same. Only + - * / and sqrt are used: IEEE 754 fixes their results on every engine.
 */
import type { NamedValue, Reading, Trial, TrialOutcome } from "../../modules/ports/fixture.js";
import { Stream } from "./random.js";

/** What a value set may choose; a section of the recipe is recognised by how its heading begins. */
const ROLES = [
	{ begins: "resist", role: "resistance" },
	{ begins: "induct", role: "inductance" },
	{ begins: "capac", role: "capacitance" },
	{ begins: "current", role: "current" },
] as const;
type Role = (typeof ROLES)[number]["role"];

/** Nominal values of a unit, and the standard deviation of each as a fraction of it. */
const NOMINAL = {
	resistance: { value: 120, deviation: 0.04 },
	inductance: { value: 40, deviation: 0.01 },
	capacitance: { value: 10, deviation: 0.07 },
	gain: { value: 1, deviation: 0.08 },
} as const;

/** One unit in so many has a bad solder joint at a given station: no value set can make it pass. */
const DEFECT_ONE_IN = 40;
const DEFECT_RESISTANCE = 4000;
/** Standard deviation of each measurement, as a fraction of what is measured. */
const NOISE = 0.003;
const TWO_PI = 6.283185307179586;

/** The hidden part: what nobody but the simulator knows about a unit. */
export interface HiddenUnit {
	/** ohm */
	readonly resistance: number;
	/** mH */
	readonly inductance: number;
	/** nF */
	readonly capacitance: number;
	readonly gain: number;
	readonly defective: boolean;
}

/** The unit `serial` as the station named `station` finds it. */
export function hiddenUnit(seed: number, station: string, serial: string): HiddenUnit {
	const stream = Stream.of(seed, `unit ${serial} at ${station}`);
	const draw = ({ value, deviation }: { value: number; deviation: number }) =>
		value * (1 + deviation * stream.normal());
	const resistance = draw(NOMINAL.resistance);
	const inductance = draw(NOMINAL.inductance);
	const capacitance = draw(NOMINAL.capacitance);
	const gain = draw(NOMINAL.gain);
	const defective = stream.fraction() * DEFECT_ONE_IN < 1;
	return { resistance, inductance, capacitance, gain, defective };
}

function choose(values: readonly NamedValue[]): Map<Role, number> | undefined {
	const chosen = new Map<Role, number>();
	for (const { section, value } of values) {
		const heading = section.toLowerCase();
		const role = ROLES.find(({ begins }) => heading.startsWith(begins))?.role;
		if (role === undefined || chosen.has(role)) return undefined;
		chosen.set(role, value);
	}
	return chosen;
}

/** Four significant digits, as a bench meter shows. */
function shown(value: number): number {
	let unit = 1;
	while (value >= 10000 * unit) unit *= 10;
	while (value < 1000 * unit && unit > 1e-9) unit /= 10;
	const digits = Math.floor(value / unit + 0.5);
	// A quotient of whole numbers is the nearest double to the decimal; a product is not.
	return unit < 1 ? digits / Math.floor(1 / unit + 0.5) : digits * unit;
}

/** A unit with a value set applied to it: ohm, mH, nF, mA. */
export interface Circuit {
	readonly resistance: number;
	readonly inductance: number;
	readonly capacitance: number;
	readonly current: number;
	readonly gain: number;
}

/** What is tried on which unit. */
export type Applied = Pick<Trial, "serial" | "attempt" | "values">;

/**
 * @returns the fault where a section is not one that this fixture can apply, is there twice, or where the values make no
 * circuit. A fault's text holds no value and no heading.
 */
export function circuitOf(
	seed: number,
	station: string,
	{ serial, values }: Applied,
): Circuit | { readonly fault: string } {
	const chosen = choose(values);
	if (chosen === undefined) return { fault: "the fixture cannot apply a section of the recipe" };
	const unit = hiddenUnit(seed, station, serial);
	const resistance =
		unit.resistance + (chosen.get("resistance") ?? 0) + (unit.defective ? DEFECT_RESISTANCE : 0);
	const inductance = unit.inductance + (chosen.get("inductance") ?? 0);
	const capacitance = unit.capacitance + (chosen.get("capacitance") ?? 0);
	const current = chosen.get("current") ?? 1;
	if (!(resistance > 0 && inductance > 0 && capacitance > 0 && current > 0))
		return { fault: "the values make no circuit" };
	return { resistance, inductance, capacitance, current, gain: unit.gain };
}

/** Where it resonates, in kHz. */
export function resonanceOf({ inductance, capacitance }: Circuit): number {
	return 1000 / (TWO_PI * Math.sqrt(inductance * capacitance));
}

/** The size of its impedance in ohm at so many kHz, driven in series. */
export function impedanceAt(circuit: Circuit, frequency: number): number {
	const { resistance, inductance, capacitance } = circuit;
	const omega = TWO_PI * frequency;
	const reactance = omega * inductance - 1_000_000 / (omega * capacitance);
	return Math.sqrt(resistance * resistance + reactance * reactance);
}

/**
 * Tries one value set on one unit.
 *
 * @returns four readings, or the fault of {@link circuitOf}.
 */
export function measure(seed: number, station: string, trial: Applied): TrialOutcome {
	const circuit = circuitOf(seed, station, trial);
	if ("fault" in circuit) return circuit;
	const { resistance, inductance, capacitance, current, gain } = circuit;
	const noise = Stream.of(seed, `noise ${trial.attempt} of ${trial.serial} at ${station}`);
	const reading = (name: string, value: number): Reading => ({
		name,
		value: shown(value * (1 + NOISE * noise.normal())),
	});
	return {
		readings: [
			reading("resonance", resonanceOf(circuit)),
			reading("q-factor", (1000 * Math.sqrt(inductance / capacitance)) / resistance),
			reading("impedance", resistance),
			reading("amplitude", (gain * current * resistance) / 1000),
		],
	};
}
