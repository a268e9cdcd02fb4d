/** `interlock keys rotate`, `revoke` and `broker-config`: changing the keys of a plant, also while its line runs. */
import type { Command } from "commander";
import { BROKER_PORT, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

/** What these commands have in common with the other ones of `keys`. */
export interface ChangeOptions {
	readonly keys: string;
	readonly json?: true;
	readonly passphraseFile?: string;
	readonly bits?: number;
}

/** How `keys.ts` reads the options that are the same for every command that signs. */
export interface Signing {
	/** Adds `--keys`, `--json`. */
	readonly common: (command: Command) => Command;
	/** Adds `--passphrase-file` as well. */
	readonly signing: (command: Command) => Command;
	/** Adds `--bits` as well. */
	readonly making: (command: Command) => Command;
	readonly passphrase: (options: ChangeOptions) => { passphrase?: string };
	readonly size: (options: ChangeOptions) => { rsaBits?: number };
}

interface RotateFlags extends ChangeOptions {
	readonly keepKey?: true;
	readonly epoch?: number;
}

interface BrokerFlags extends ChangeOptions {
	readonly out?: string;
	readonly installedAt?: string;
	readonly port: number;
	readonly host?: string;
	readonly user?: string;
}

const ROTATE = `
SUBJECT is "server", or a station by its name on the line or its full name. The old keys are not accepted any more
as soon as the running server has noticed, which takes half a second.

server   Sessions go on. Every station is told the new credential and makes a new session; every parameter file is
         signed and sealed anew. Stations that are off learn it when they come back.
STATION  Its sessions end: it holds until its board has the new key, which lies in its bundle. A simulated station
         takes it by itself; a real board has to be provisioned again. The unit in front of it stays where it is.
         A station that was revoked is taken in again, with a new password at the broker.

With --keep-key only the credential is new, for a later expiry: running stations and the server take it over, and no
board has to be touched.

Examples:
  interlock keys rotate server
  interlock keys rotate drill --passphrase-file root.pass
  interlock keys rotate drill --keep-key
`;

const REVOKE = `
The running server ends the station's sessions within half a second and makes no others: it gets no ticket, no
parameter file and no verdict. The embedded broker disconnects it; Mosquitto does after SIGHUP, with the files of
\`keys broker-config\`. Its place on the route stays, and units wait before it until \`keys rotate\` gives it new keys.
Revoking twice changes nothing.

Examples:
  interlock keys revoke drill --passphrase-file root.pass
  interlock keys rotate drill            takes it in again
`;

const BROKER_CONFIG = `
Writes mosquitto.conf, acl and passwd: a listener, who may use which topics, and who may log in. A client's id is
made its user name. In the plant directory (broker/, unless --out says otherwise) enrol, rotate and revoke keep acl
and passwd up to date; then, or after writing them again elsewhere: \`kill -HUP\` the broker.

Mosquitto must be able to read the files. Started by root it does so as the user mosquitto:
  interlock keys broker-config mosquitto --out /etc/mosquitto/interlock
  chown -R mosquitto: /etc/mosquitto/interlock

Examples:
  interlock keys broker-config mosquitto && mosquitto -c keys/plant/broker/mosquitto.conf
  interlock keys broker-config mosquitto --port 1884 --out broker --installed-at /etc/mosquitto/interlock
`;

function day(atS: number): string {
	return new Date(atS * 1000).toISOString().slice(0, 10);
}

async function rotateKeys(subject: string, flags: RotateFlags, how: Signing): Promise<void> {
	const { rotate, stationDirectory } = await import("../../keys/keys.js");
	const directory = flags.keys;
	const rotated = await rotate({
		directory,
		subject,
		keepKey: flags.keepKey === true,
		...(flags.epoch !== undefined && { epochMin: flags.epoch }),
		...how.size(flags),
		...how.passphrase(flags),
	});
	const isServer = rotated.subject === "server";
	const bundle = isServer ? undefined : stationDirectory(directory, rotated.subject);
	if (flags.json) return printJson({ ...rotated, ...(bundle && { bundle }) });
	const { epoch, expiresS, newKey } = rotated;
	printLine(`${rotated.subject}: epoch ${epoch}, until ${day(expiresS)}`);
	if (bundle && newKey) printLine(`provision its board again, with ${bundle}`);
}

async function revokeStation(station: string, flags: ChangeOptions, how: Signing): Promise<void> {
	const { revoke } = await import("../../keys/keys.js");
	const revoked = await revoke({ directory: flags.keys, station, ...how.passphrase(flags) });
	if (flags.json) return printJson(revoked);
	printLine(
		revoked.already
			? `${revoked.station}: was revoked before`
			: `${revoked.station}: revoked; epochs below ${revoked.floor} are refused`,
	);
}

async function brokerConfig(_kind: string, flags: BrokerFlags): Promise<void> {
	const { writeMosquittoFiles } = await import("../../keys/keys.js");
	const { keys: directory, port, out, installedAt, host, user } = flags;
	const written = await writeMosquittoFiles({
		directory,
		port,
		...(out !== undefined && { out }),
		...(installedAt !== undefined && { installedAt }),
		...(host !== undefined && { host }),
		...(user !== undefined && { user }),
	});
	if (flags.json) return printJson(written);
	for (const path of [written.conf, written.acl, written.passwd]) printLine(path);
	printLine(`${written.users.length} users: ${written.users.join(", ")}`);
}

export function addChangeCommands(keys: Command, how: Signing): void {
	how
		.making(keys.command("rotate"))
		.description("give the server or a station new keys, also while the line runs")
		.argument("<subject>", "`server`, or a station")
		.option("--keep-key", "a new credential for the same keys")
		.option("--epoch <n>", "at least this epoch, for a restored plant directory", whole(1, 2 ** 31))
		.addHelpText("after", ROTATE)
		.action((subject: string, flags: RotateFlags) => rotateKeys(subject, flags, how));
	how
		.signing(keys.command("revoke"))
		.description("end a station's credential at once, also while the line runs")
		.argument("<station>", "a station")
		.addHelpText("after", REVOKE)
		.action((station: string, flags: ChangeOptions) => revokeStation(station, flags, how));
	const kind = keys.createArgument("<broker>", "whose files: mosquitto").choices(["mosquitto"]);
	how
		.common(keys.command("broker-config"))
		.description("write the files with which a broker serves this plant")
		.addArgument(kind)
		.option("--port <n>", "TCP port to listen on", whole(1, 65535), BROKER_PORT)
		.option("--host <address>", "address to listen on (default: every one)")
		.option("--user <name>", "whom Mosquitto becomes when root starts it (default: mosquitto)")
		.option("--out <dir>", "where to write (default: broker/ in the plant directory)")
		.option("--installed-at <dir>", "where Mosquitto will find the files (default: where they are)")
		.addHelpText("after", BROKER_CONFIG)
		.action(brokerConfig);
}
