/**
 * One life of an ESP32, as modules/device/esp32/reset-reason.c sees it: says why it started, then ends as the SDK ends an
 * engine (xs/platforms/esp/xsPlatform.c): it reads the global `abort`, makes the text, calls, restarts.
 * Option `ending`: the text; "no room" where none can be made for it; "untold" where the SDK calls no hook; left out: none.
 */
import option from "host-options";
import { resetReason, restart } from "./native-reset-reason.js";

const global = globalThis as { abort?: (text: string, exception: unknown) => unknown };

trace(`started: ${resetReason()}\n`);
trace(`asked again: ${resetReason()}\n`);
const ending = option("ending");
if (ending === "no room") for (let i = 0; i < 2; i++) trace(`hook: ${typeof global.abort}\n`);
else if (ending !== undefined) {
	const known = ending !== "untold" && "abort" in global;
	if (known) trace(`returned: ${global.abort?.(ending, undefined)}\n`);
	else trace("no hook\n");
	restart();
}
