/** What somebody who only listens can find: known texts in any form, and an unevenness of what is sealed. */
import { findAny, formsOfNumber, formsOfText } from "./needles.js";
import { CHI_SQUARE_MAX, chiSquare, distinct, repeatedBlocks } from "./statistics.js";
import type { Message } from "./wire.js";

/** So much of a sealed message is looked for as it is. */
const START_SIZE = 32;

export interface Secrets {
	/** Recipes; each of their lines and values is a secret. */
	readonly recipes: readonly string[];
	readonly words: readonly string[];
	readonly numbers: readonly number[];
	readonly bytes: readonly Uint8Array[];
}

/** What listening gave. */
export interface Heard {
	readonly isSecret: boolean;
	readonly text: string;
}

export function listen(
	captured: readonly Message[],
	secrets: Secrets,
	sealed: readonly Uint8Array[],
): Heard {
	const lines = secrets.recipes.flatMap((text) => text.split("\n")).filter((line) => line !== "");
	const values = lines.flatMap((line) => Number.parseFloat(line.split("=")[1] ?? "") || []);
	const numbers = [...new Set([...secrets.numbers, ...values])];
	const forms = [
		...lines.flatMap(formsOfText),
		...secrets.words.flatMap(formsOfText),
		...numbers.flatMap(formsOfNumber),
		...secrets.bytes.map((bytes) => Buffer.from(bytes.subarray(0, START_SIZE))),
	];
	// One stream for each, so that nothing is found across the end of a message.
	const found = findAny(
		captured.flatMap(({ topic, payload }) => [Buffer.from(topic), Buffer.from(payload)]),
		forms,
	);
	const parts = distinct(sealed);
	const size = parts.reduce((sum, { length }) => sum + length, 0);
	// The figure itself is another in each run: keys are.
	const isEven = chiSquare(parts) <= CHI_SQUARE_MAX;
	const repeated = repeatedBlocks(parts);
	return {
		isSecret: found === undefined && isEven && repeated === 0,
		text:
			`${lines.length} recipe lines, ${numbers.length} numbers, ${secrets.words.length} words in ${forms.length} forms: ` +
			`${found ? `found ${found.toString("hex")}` : "none found"} in ${captured.length} messages; ` +
			`chi-square of ${size} sealed bytes is ${isEven ? "at most" : "above"} ${CHI_SQUARE_MAX} (255 on average); ` +
			`${repeated} blocks of 16 bytes occur twice`,
	};
}
