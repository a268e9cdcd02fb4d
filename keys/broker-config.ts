/**
 * Mosquitto's files for a plant: a listener, who may use which topic, and who may log in.
 *
 *   mosquitto.conf   a listener; names the two others by their full paths
 *   acl              the rules of server/broker-rules.ts, for the server and every station that may log in
 *   passwd           the plant's (broker-users.ts)
 *
 * A client's id is made its user name, so that a station's topics are its client id's, and no client takes another's
 * connection. Written for Mosquitto 2.0 (mosquitto.conf(5)). Left out: TLS.
 */
import { isAbsolute, join, resolve } from "node:path";
import { accessRules, BROKER_RULES } from "./access-rules.js";
import { parseUsers } from "./broker-users.js";
import { changePlant } from "./change.js";
import { KeysError } from "./errors.js";
import { makeDirectory, PRIVATE_FILE, PUBLIC_FILE, readText, writeFile } from "./files.js";
import { readPlant } from "./plant.js";

/** Bytes of the largest packet: a record, file block or retained envelope, with room for its topic. */
const PACKET_SIZE_MAX = 8192;
/** For one client that does not read; the oldest wishes of this protocol are said again anyway. */
const QUEUED_MAX = 1000;

export interface BrokerConfigOptions {
	/** The plant's. */
	readonly directory: string;
	/** Where the files go, made where it is not there; the plant's own `broker` if left out. */
	readonly out?: string;
	/** The directory as Mosquitto will see it, absolute; `out` if left out. */
	readonly installedAt?: string;
	/** 1 to 65,535. */
	readonly port: number;
	/** An address of the broker's machine; every one if left out. */
	readonly host?: string;
	/** Whom Mosquitto becomes when root starts it; `mosquitto` if left out. */
	readonly user?: string;
}

/** Paths of what was written. */
export interface BrokerFiles {
	readonly conf: string;
	readonly acl: string;
	readonly passwd: string;
	/** Users that may log in. */
	readonly users: readonly string[];
}

/** @throws {@link KeysError} `missing`, `invalid`, `busy`, `io`; `name` where a path cannot stand in the file. */
export async function writeMosquittoFiles(options: BrokerConfigOptions): Promise<BrokerFiles> {
	const { directory } = options;
	const own = join(directory, "broker");
	const out = options.out ?? own;
	const installed = options.installedAt ?? resolve(out);
	if (!isAbsolute(installed))
		throw new KeysError("name", `${installed}: Mosquitto needs a path from the root directory`);
	for (const text of [installed, options.host ?? "", options.user ?? ""])
		if (!isPrintable(text))
			throw new KeysError("name", `${JSON.stringify(text)} cannot stand in mosquitto.conf`);
	readPlant(directory);
	return await changePlant(directory, async () => {
		const plant = readPlant(directory);
		const passwd = readText(join(own, "passwd"));
		const acl = { bytes: accessRules(plant, passwd), mode: PUBLIC_FILE };
		const conf = { bytes: configuration(options, installed), mode: PUBLIC_FILE };
		const users = [...parseUsers(passwd, join(own, "passwd")).keys()];
		const path = (name: string) => join(out, name);
		const paths = { conf: path("mosquitto.conf"), acl: path("acl"), passwd: path("passwd") };
		const result = { ...paths, users };
		if (resolve(out) === resolve(own))
			return { files: { [BROKER_RULES]: acl, "broker/mosquitto.conf": conf }, result };
		makeDirectory(out);
		writeFile(paths.passwd, passwd, PRIVATE_FILE);
		writeFile(paths.acl, acl.bytes, acl.mode);
		writeFile(paths.conf, conf.bytes, conf.mode);
		return { files: {}, result };
	});
}

function configuration({ port, host, user }: BrokerConfigOptions, installed: string): string {
	return `# Written by \`interlock keys broker-config mosquitto\`. After a change of keys: write it again where it is
# not in the plant directory, and send Mosquitto SIGHUP.
per_listener_settings false
listener ${port}${host === undefined ? "" : ` ${host}`}
${user === undefined ? "" : `user ${user}\n`}
# Only the plant's server and stations. A client's id is its user name.
allow_anonymous false
password_file ${join(installed, "passwd")}
acl_file ${join(installed, "acl")}
use_username_as_clientid true

# Nothing is needed from the broker after a restart: the server publishes it again.
persistence false
set_tcp_nodelay true
max_packet_size ${PACKET_SIZE_MAX}
max_queued_messages ${QUEUED_MAX}
`;
}

function isPrintable(text: string): boolean {
	return [...text].every((char) => char >= " " && char !== "\u007f");
}
