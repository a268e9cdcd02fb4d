/** The keys tooling's public face: what server/, host-sim/ and bin/ import. */
export {
	type BrokerUser,
	type BrokerUsers,
	checkBrokerUser,
	newUser,
	parseUsers,
	putUsers,
} from "./broker-users.js";
export { KeysError, type KeysErrorCode } from "./errors.js";
export {
	type Bundle,
	listPlant,
	loadBundle,
	loadServerKeys,
	type Provisioning,
	provisioning,
	type ServerKeys,
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
