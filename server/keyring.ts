/**
 * The keys that the server goes by now, and the epoch floors that its database keeps (docs/protocol.md §4): per
 * subject the highest epoch ever seen, or the one in the root's list where that is higher. A credential of an older
 * epoch is refused, whatever the plant directory says, so that neither a restored database nor a restored directory
 * revives one.
 *
 * A running server is given changed keys ({@link Keyring.take}); what they change is said subject by subject. Only the
 * root's list ends a station's credential: a file that is damaged or gone is a problem, and the station goes on.
 */
import type { ServerKeys } from "../keys/keys.js";
import { sameBytes } from "../modules/bytes/bytes.js";
import { type Credential, SERVER_SUBJECT } from "../modules/channel/credential.js";
import type { PrivateKey } from "../modules/ports/crypto.js";
import { ServerError } from "./address.js";
import type { Store } from "./store/store.js";

export interface KeyringOptions {
	readonly store: Store;
	readonly fence: number;
	/** Full names, in order: stations that are enrolled later wait for the next start. */
	readonly route: readonly string[];
	/** Milliseconds since 1970-01-01. */
	readonly timeMs: () => number;
}

export interface KeyChange {
	/** `server`, or a station's full name. */
	readonly subject: string;
	/**
	 * `replaced`: other keys; `renewed`: a newer credential for the same keys; `accepted`: a station that had none;
	 * `revoked`: its credential is not accepted any more, and there is no newer one.
	 */
	readonly change: "replaced" | "renewed" | "accepted" | "revoked";
	/** Of the credential; for `revoked`, the lowest epoch accepted. */
	readonly epoch: number;
}

/** What taking keys led to. */
export interface Taken {
	readonly changes: readonly KeyChange[];
	/** What could not be used, and why. */
	readonly problems: readonly string[];
}

export class Keyring {
	readonly #options: KeyringOptions;
	#keys: ServerKeys;
	#stations: ReadonlyMap<string, Credential> = new Map();

	private constructor(options: KeyringOptions, keys: ServerKeys) {
		this.#options = options;
		this.#keys = keys;
	}

	/** @throws {@link ServerError} `keys` where the server's own credential is older than one seen; StoreError. */
	static async open(
		options: KeyringOptions,
		keys: ServerKeys,
	): Promise<{ keyring: Keyring; problems: readonly string[] }> {
		const keyring = new Keyring(options, keys);
		const { problems } = await keyring.take(keys);
		return { keyring, problems };
	}

	/** The server's own. */
	get own(): Pick<ServerKeys, "credential" | "kem" | "sign"> {
		return this.#keys;
	}

	/**
	 * What the server unwraps with that was sealed when its credential had this epoch: a log may lie in a station's flash
	 * while the server's keys are replaced.
	 */
	kem(epoch: number): PrivateKey {
		const { kem, earlierKems } = this.#keys;
		return earlierKems.find((earlier) => earlier.epoch >= epoch)?.kem ?? kem;
	}

	/** What stands for a station now. */
	station(name: string): Credential | undefined {
		const credential = this.#stations.get(name);
		const isGood = credential && credential.expiresS * 1000 > this.#options.timeMs();
		return isGood ? credential : undefined;
	}

	/**
	 * Goes by other keys from now on. The new floors are stored first.
	 *
	 * @throws {@link ServerError} `keys` where the server's own credential cannot be used, StoreError; it then goes on
	 *   with the keys it has.
	 */
	async take(keys: ServerKeys): Promise<Taken> {
		const floors = await this.#raiseFloors(keys);
		const changes: KeyChange[] = [];
		const problems = keys.problems.map(({ station, message }) => `${station}: ${message}`);
		const before = this.#keys.credential;
		const own = this.#checkOwn(keys, floors.get(SERVER_SUBJECT) ?? 0);
		if (own.epoch > before.epoch) changes.push(changed(before, own));
		const stations = new Map<string, Credential>();
		for (const name of this.#options.route) {
			const floor = floors.get(name) ?? 0;
			const held = this.#stations.get(name);
			const offered = keys.stations.get(name);
			const fault = offered && faultOf(offered, held, floor);
			if (fault) problems.push(`${name}: ${fault}`);
			const next = offered && !fault ? offered : held;
			if (next && next.epoch >= floor) stations.set(name, next);
			if (held && !stations.has(name))
				changes.push({ subject: name, change: "revoked", epoch: floor });
			else if (next && stations.has(name) && next.epoch !== held?.epoch)
				changes.push(changed(held, next));
		}
		const { route } = this.#options;
		if (route.join() !== keys.plant.stations.join())
			problems.push("the line has other stations now: they are taken into use at the next start");
		this.#keys = keys;
		this.#stations = stations;
		return { changes, problems };
	}

	#checkOwn({ credential }: ServerKeys, floor: number): Credential {
		const { credential: held } = this.#keys;
		const fault = faultOf(credential, held, floor);
		if (fault)
			throw new ServerError(
				"keys",
				`the server's own credential: ${fault}; restore the plant directory, or rotate the server's keys`,
			);
		return credential;
	}

	/** @returns by subject the higher of the database's floor and the list's, stored. */
	async #raiseFloors(keys: ServerKeys): Promise<ReadonlyMap<string, number>> {
		const { store, fence, route, timeMs } = this.#options;
		const subjects = new Set([SERVER_SUBJECT, ...route, ...keys.floors.keys()]);
		return await store.write(async (tx) => {
			const floors = new Map<string, number>();
			for (const subject of subjects) {
				const known = Number((await tx.meta(`epoch/${subject}`)) ?? 0);
				const credential =
					subject === SERVER_SUBJECT ? keys.credential : keys.stations.get(subject);
				const listed = keys.floors.get(subject) ?? 0;
				const floor = Math.max(known, listed);
				floors.set(subject, floor);
				const seen = Math.max(floor, credential?.epoch ?? 0);
				if (seen === known) continue;
				await tx.setMeta(`epoch/${subject}`, String(seen));
				// The first sight of a subject is no change.
				if (known === 0) continue;
				const data = { subject, epoch: seen, accepted: (credential?.epoch ?? 0) >= floor };
				await tx.append({ atMs: timeMs(), kind: "keys", data });
			}
			return floors;
		}, fence);
	}
}

function changed(
	before: Credential | undefined,
	{ subject, epoch, kem, sign }: Credential,
): KeyChange {
	if (!before) return { subject, change: "accepted", epoch };
	const isSame =
		sameBytes(before.kem, kem) &&
		(before.sign === sign || (!!before.sign && !!sign && sameBytes(before.sign, sign)));
	return { subject, change: isSame ? "renewed" : "replaced", epoch };
}

/** Why a credential may not take the place of the one that is held. */
function faultOf(
	offered: Credential,
	held: Credential | undefined,
	floor: number,
): string | undefined {
	const { epoch } = offered;
	if (epoch < floor) return `epoch ${epoch} was replaced by ${floor}`;
	if (held && held.epoch === epoch && !sameBytes(held.digest, offered.digest))
		return `there are two of epoch ${epoch}: give it a higher one (interlock keys rotate)`;
	return undefined;
}
