/** The keys tooling's public face: what server/, host-sim/ and bin/ import. */

export {
	type BrokerConfigOptions,
	type BrokerFiles,
	writeMosquittoFiles,
} from "./broker-config.js";
export {
	type BrokerUser,
	type BrokerUsers,
	checkBrokerUser,
	newUser,
	parseUsers,
	putUsers,
} from "./broker-users.js";
export type { EarlierKey } from "./earlier-keys.js";
export { KeysError, type KeysErrorCode } from "./errors.js";
export {
	type Bundle,
	listPlant,
	loadBundle,
	loadServerKeys,
	type Provisioning,
	provisioning,
	type ServerKeys,
	type ServerListing,
	type StationListing,
} from "./load.js";
export {
	type EnrolOptions,
	enrol,
	type InitOptions,
	initPlant,
	type Plant,
	readPlant,
	stationDirectory,
} from "./plant.js";
export {
	type Revoked,
	type RevokeOptions,
	type Rotated,
	type RotateOptions,
	revoke,
	rotate,
} from "./rotate.js";
export { fileStamp } from "./stamp.js";
export { PlantWatch } from "./watch.js";
