/**
 * Mocha's spec reporter, which also writes the counts as JSON to the file that the environment variable
 * INTERLOCK_COUNTS names: `{ passes, failures, pending }`. A run that dies before its end writes nothing.
 */
const { writeFileSync } = require("node:fs");
const { reporters } = require("mocha");

module.exports = class CountReporter extends reporters.Spec {
	constructor(runner, options) {
		super(runner, options);
		runner.once("end", () => {
			const { passes, failures, pending } = runner.stats;
			const path = process.env.INTERLOCK_COUNTS;
			if (path !== undefined) writeFileSync(path, JSON.stringify({ passes, failures, pending }));
		});
	}
};
