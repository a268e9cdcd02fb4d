/** Keeps what an attack is told by: the arrows and notes of its diagram. */
import type { Step } from "./attack.js";

/** Diagrams are to be read: after so many steps only the count goes on. */
const STEPS_MAX = 24;

export class Script {
	readonly #steps: Step[] = [];

	get steps(): readonly Step[] {
		return this.#steps;
	}

	/** The parties that occur, in the order given. */
	parties(order: readonly string[]): readonly string[] {
		const used = new Set<string>();
		for (const step of this.#steps)
			for (const name of "at" in step ? [step.at] : [step.from, step.to]) used.add(name);
		return order.filter((name) => used.has(name));
	}

	/** A genuine message. */
	says(from: string, to: string, text: string): this {
		return this.#add({ from, to, text, isHostile: false, isLost: false });
	}

	/** The attacker's. */
	sends(to: string, text: string, from = "attacker"): this {
		return this.#add({ from, to, text, isHostile: true, isLost: false });
	}

	/** A genuine message that the attacker keeps back. */
	loses(from: string, to: string, text: string): this {
		return this.#add({ from, to, text, isHostile: true, isLost: true });
	}

	notes(at: string, text: string): this {
		return this.#add({ at, text, isHarm: false });
	}

	harms(at: string, text: string): this {
		return this.#add({ at, text, isHarm: true });
	}

	/** The defence did not hold: what was noted of it is not so. */
	refute(at: string, text: string): this {
		const arrows = this.#steps.filter((step) => "from" in step);
		this.#steps.splice(0, this.#steps.length, ...arrows);
		return this.harms(at, text);
	}

	#add(step: Step): this {
		if (this.#steps.length < STEPS_MAX) this.#steps.push(step);
		return this;
	}
}
