/** The broker's rules for a plant, as Mosquitto's `acl_file` (server/broker-rules.ts says them). */
import { mosquittoRules, nextStations } from "../server/broker-rules.js";
import { parseUsers } from "./broker-users.js";
import type { Plant } from "./plant.js";

/** Inside a plant directory; once there, `enrol`, `rotate` and `revoke` keep it up to date. */
export const BROKER_RULES = "broker/acl";

/** @param passwd - the broker's users: of the plant's stations those have rules that may log in. */
export function accessRules({ line, stations }: Plant, passwd: string): string {
	const users = parseUsers(passwd, "broker/passwd");
	const names = stations.map((name) => name.slice(line.length + 1));
	const allowed = stations.filter((name) => users.has(name));
	return mosquittoRules(allowed, nextStations(line, names));
}
