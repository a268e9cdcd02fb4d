/** G4: every RSA key together does not open a recorded session. */
import { hex } from "../../../modules/bytes/bytes.js";
import type { KeyUse } from "../crypto.js";
import type { Checker, CheckerKind, Seen, Surroundings } from "./checker.js";

type Derivation = Extract<KeyUse, { use: "derived" }>;
/** So much of a key found anywhere counts. */
const PART_SIZE = 16;

class ForwardSecrecy implements Checker {
	readonly #surroundings: Surroundings;
	/** Keys that a party has worked with: a handshake that was forged goes on, and keeps its secrets. */
	readonly #used = new Set<string>();
	readonly #derivations: { readonly by: string; readonly use: Derivation }[] = [];

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	see(seen: Seen): void {
		if (seen.type !== "key") return;
		if (seen.use.use === "sealed" || seen.use.use === "opened")
			this.#used.add(`${seen.by}/${seen.use.key}`);
		if (seen.use.use !== "derived") return;
		if (!/^interlock\/1 (up|down|ticket)$/.test(seen.use.info)) return;
		this.#derivations.push({ by: seen.by, use: seen.use });
		if (!seen.use.secrets.some(({ origin }) => origin === "agreed"))
			this.#surroundings.fail(`${seen.by} derived ${seen.use.info} without an ephemeral secret`);
	}

	end(): void {
		const { line, fail } = this.#surroundings;
		const flash = Buffer.concat(line.boards.map((board) => board.flash.contents()));
		const { journal, meta, units } = line.tables;
		const text = JSON.stringify([journal, [...meta], [...units]], (_, value) =>
			value instanceof Uint8Array ? hex(value) : value,
		);
		for (const { by, use } of this.#derivations) {
			const isUsed = use.keys.some((key) => this.#used.has(`${by}/${key}`));
			if (isUsed && use.secrets.some(({ isClosed }) => !isClosed))
				fail(`${by} keeps what ${use.info} was derived from`);
			for (const key of [...use.keys, ...use.secrets.map(({ bytes }) => hex(bytes))]) {
				const part = key.slice(0, 2 * PART_SIZE);
				if (text.includes(part)) fail(`${use.info} of ${by} is in the database`);
				if (flash.includes(Buffer.from(part, "hex"))) fail(`${use.info} of ${by} is in a flash`);
			}
		}
	}
}

export const forwardSecrecy: CheckerKind = {
	name: "forward-secrecy",
	property: "G4",
	holds:
		"session keys need an ephemeral secret, whose parts are wiped; neither is in any flash or database",
	make: (surroundings) => new ForwardSecrecy(surroundings),
};
