/** Loaded before the command: one more checker, which no run satisfies. */
import type { CheckerKind } from "../../host-sim/simulation/checks/checker.js";
import { CHECKERS } from "../../host-sim/simulation/checks/index.js";

const impossible: CheckerKind = {
	name: "impossible",
	property: "none",
	holds: "nothing",
	make: ({ fail }) => ({ end: () => fail("it was told to fail") }),
};
(CHECKERS as CheckerKind[]).push(impossible);
