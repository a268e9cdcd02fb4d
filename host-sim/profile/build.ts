/** The build of the simulator that has a profiler, made where it is not there or old. */
import { SetUpError, setUp } from "../set-up.js";
import { ProfileError } from "./raw.js";

/**
 * @param variant - with the sanitizers, for tests.
 * @throws {@link ProfileError} `build`, with what the set-up said.
 */
export async function ensureProfiler(
	variant: "profiled" | "profiled-sanitized" = "profiled",
): Promise<void> {
	try {
		await setUp(variant);
	} catch (error) {
		if (!(error instanceof SetUpError)) throw error;
		throw new ProfileError("build", `the profiler does not build: ${error.message}`);
	}
}
