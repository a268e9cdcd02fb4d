/** What an attack is, and what comes of trying it. */
import type { PaperScene } from "./paper-scene.js";
import type { Scene } from "./scene.js";

/** Suite 0 is the paper's system (host-sim/suite-0), suite 1 this one. */
export type Suite = 0 | 1;

/** One arrow or note of the diagram that tells what happened. */
export type Step =
	| {
			readonly from: string;
			readonly to: string;
			readonly text: string;
			/** The attacker had a hand in it. */
			readonly isHostile: boolean;
			/** It never arrived. */
			readonly isLost: boolean;
	  }
	/** What `at` made of it; `isHarm`: the attacker got what was wanted. */
	| { readonly at: string; readonly text: string; readonly isHarm: boolean };

export interface Finding {
	readonly outcome: "stopped" | "succeeded";
	/** What proves it: messages and counters of this very run. */
	readonly evidence: string;
	/** Parties from left to right, and what happened between them. */
	readonly parties: readonly string[];
	readonly steps: readonly Step[];
}

export interface Attack {
	/** Lower case, with hyphens. */
	readonly name: string;
	readonly title: string;
	/** What the attacker wants, one sentence. */
	readonly goal: string;
	/** Which of G1 to G8 (docs/protocol.md §1) stands against it. */
	readonly properties: readonly string[];
	/** By what means suite 1 stops it, one or two sentences, with the section of docs/protocol.md. */
	readonly defence: string;
	readonly onPaper: (scene: PaperScene) => Promise<Finding>;
	readonly onOurs: (scene: Scene) => Promise<Finding>;
}

/** One attack tried on one suite. */
export interface Tried extends Finding {
	readonly name: string;
	readonly title: string;
	readonly suite: Suite;
	readonly goal: string;
	readonly properties: readonly string[];
	readonly defence: string;
}

export interface AttackReport {
	readonly seed: number;
	/** `sim`, or the broker's address. */
	readonly against: string;
	readonly attacks: readonly Tried[];
}
