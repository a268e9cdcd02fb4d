import assert from "node:assert/strict";
import fc from "fast-check";
import { utf8 } from "../../modules/bytes/bytes.js";
import { RecipeError } from "../../modules/recipe/error.js";
import { checkRecipe, RecipeCheck } from "../../server/recipe-check.js";

/** The line of the first name that came before in its section. */
function expected(sections: readonly (readonly string[])[]): number | undefined {
	let line = 0;
	for (const names of sections) {
		line++;
		const seen = new Set<string>();
		for (const name of names) {
			line++;
			if (seen.has(name)) return line;
			seen.add(name);
		}
	}
	return undefined;
}

function found(text: string): number | undefined {
	try {
		checkRecipe(utf8(text));
		return undefined;
	} catch (error) {
		assert.ok(error instanceof RecipeError && error.code === "duplicate-name", String(error));
		return error.line;
	}
}

const text = (sections: readonly (readonly string[])[]) =>
	sections.map((names, i) => `# s${i}\n${names.map((name) => `${name}= 1\n`).join("")}`).join("");

describe("recipe check", () => {
	it("finds the first name that comes twice in its section", () => {
		const name = fc.stringMatching(/^[a-c][ab01._-]{0,2}$/);
		const sections = fc.array(fc.array(name, { minLength: 1, maxLength: 12 }), {
			minLength: 1,
			maxLength: 4,
		});
		fc.assert(
			fc.property(sections, (names) => assert.equal(found(text(names)), expected(names))),
			{ numRuns: 300 },
		);
	});

	it("finds it among many, of every length", () => {
		const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`.padEnd(2 + (i % 31), "x"));
		assert.equal(found(text([names, names])), undefined);
		for (const at of [0, 1, 9_999, 19_999]) {
			const twice = [...names, names[at] as string];
			assert.equal(found(text([names, twice])), 2 * names.length + 3);
		}
	});

	it("takes a file in parts of any size, and stays refused", () => {
		const check = new RecipeCheck();
		for (const byte of utf8("# a\nx= 1\nx")) check.write(Uint8Array.of(byte));
		assert.throws(() => check.write(utf8("= 2\n")), RecipeError);
		assert.throws(() => check.end(), RecipeError);
	});
});
