/** A Mosquitto as a plant would have it: with the files that `keys broker-config mosquitto` writes. */
import { DataDirectory, type Plan } from "../../host-sim/line/prepare.js";
import { writeMosquittoFiles } from "../../keys/keys.js";
import { Mosquitto } from "../mqtt/support.js";
import { smallKeys } from "./keys.js";

/** @param directory - of the plant. */
export async function plantMosquitto(directory: string): Promise<Mosquitto> {
	return await Mosquitto.startWith(async (port, out) => {
		const { conf } = await writeMosquittoFiles({ directory, out, port, host: "127.0.0.1" });
		return conf;
	});
}

/** Makes the keys that a line in this directory will use, so that its broker can be started before it. */
export async function prepareData(data: string, plan: Plan): Promise<{ keys: string }> {
	const directory = DataDirectory.take(data);
	try {
		directory.plan({}, plan);
		await smallKeys(directory.keys, plan.stations);
		return { keys: directory.keys };
	} finally {
		directory.release();
	}
}
