/** Tries every attack on both suites and reports what came of it. */
import type { BrokerAddress } from "../../server/address.js";
import type { Attack, AttackReport, Suite, Tried } from "./attack.js";
import { ATTACKS } from "./attacks/index.js";
import { PaperScene } from "./paper-scene.js";
import { Scene } from "./scene.js";

export interface LaboratoryOptions {
	readonly seed: number;
	readonly suites: readonly Suite[];
	/** Left out, the broker is the modelled one. */
	readonly real?: BrokerAddress;
	/** Names of attacks; all of them. */
	readonly names?: readonly string[];
	readonly onTried?: (tried: Tried) => void;
	readonly onBegin?: (attack: Attack, suite: Suite) => void;
}

export async function tryAttacks(options: LaboratoryOptions): Promise<AttackReport> {
	const { seed, suites, real, names, onTried, onBegin } = options;
	const attacks: Tried[] = [];
	for (const attack of ATTACKS) {
		if (names && !names.includes(attack.name)) continue;
		for (const suite of suites) {
			onBegin?.(attack, suite);
			const scene = { seed, ...(real && { real }) };
			const finding =
				suite === 0
					? await attack.onPaper(new PaperScene(scene))
					: await attack.onOurs(new Scene(scene));
			const { name, title, goal, properties, defence } = attack;
			const tried: Tried = { name, title, suite, goal, properties, defence, ...finding };
			attacks.push(tried);
			onTried?.(tried);
		}
	}
	return { seed, against: real ? `mqtt://${real.host}:${real.port}` : "sim", attacks };
}
