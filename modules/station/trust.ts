/**
 * Whom a station believes: the plant's roots, its own credential, the server's (docs/protocol.md §4).
 *
 * Both credentials come with the enrolment; a newer one that a root has signed takes its place and is kept in
 * the journal. Epochs only grow, so what others can send makes this write only where a root has signed. Its own is
 * taken only for the key that this board has: a new key comes with a new enrolment.
 */
import { sameBytes } from "../bytes/bytes.js";
import {
	type Credential,
	CredentialError,
	parseCredential,
	SERVER_SUBJECT,
	verifyCredential,
} from "../channel/credential.js";
import type { Crypto, PublicKey } from "../ports/crypto.js";
import type { StationConfig } from "./config.js";
import type { Journal } from "./journal.js";

/** Between two signature checks of what came unasked: it costs a board time. */
export const OFFER_MS = 5000;

export class Trust {
	readonly #crypto: Crypto;
	readonly #journal: Journal;
	readonly #name: string;
	readonly #roots: readonly PublicKey[];
	#own: Credential;
	#server: Credential;
	#signer: PublicKey;
	#nextOfferMs = 0;

	/** @throws CredentialError where what was enrolled is not good (an expired one is: it may be renewed). */
	constructor(crypto: Crypto, config: StationConfig, journal: Journal) {
		this.#crypto = crypto;
		this.#journal = journal;
		this.#name = config.station;
		this.#roots = config.roots.map((der) => crypto.publicKey(der, "verify"));
		this.#own = this.#newest("cred", config.credential);
		this.#server = this.#newest("server", config.server);
		this.#signer = this.#signerOf(this.#server);
	}

	get own(): Credential {
		return this.#own;
	}
	get server(): Credential {
		return this.#server;
	}
	/** The server's key for envelopes; its epoch is `server.epoch`. */
	get signer(): PublicKey {
		return this.#signer;
	}

	/** By the latest time known here. */
	get isServerExpired(): boolean {
		return this.#server.expiresS <= this.#journal.timeS;
	}

	/**
	 * Takes a credential that came unasked, from the broker.
	 *
	 * @returns whose was replaced, if any.
	 */
	offer(bytes: Uint8Array, nowMs: number): "cred" | "server" | undefined {
		if (nowMs < this.#nextOfferMs || !this.#isNewer(bytes)) return undefined;
		this.#nextOfferMs = nowMs + OFFER_MS;
		return this.renew(bytes);
	}

	/** Takes a credential; one that came in a session is not limited. @returns as {@link Trust.offer}. */
	renew(bytes: Uint8Array): "cred" | "server" | undefined {
		const whose = this.#isNewer(bytes);
		if (!whose) return undefined;
		const credential = this.#verify(whose, bytes, this.#journal.timeS);
		if (!credential) return undefined;
		this.#journal.saveCredential(whose, bytes, credential.epoch);
		if (whose === "cred") {
			this.#own = credential;
			return whose;
		}
		this.#signer.close();
		this.#server = credential;
		this.#signer = this.#signerOf(credential);
		return whose;
	}

	close(): void {
		this.#signer.close();
		for (const root of this.#roots) root.close();
	}

	/** Whose it says it is, if it is newer; nothing is checked yet. */
	#isNewer(bytes: Uint8Array): "cred" | "server" | undefined {
		try {
			const { subject, epoch, kem } = parseCredential(this.#crypto, bytes);
			if (subject === SERVER_SUBJECT && epoch > this.#server.epoch) return "server";
			const isMine = subject === this.#name && sameBytes(kem, this.#own.kem);
			if (isMine && epoch > this.#own.epoch) return "cred";
		} catch (error) {
			if (!(error instanceof CredentialError)) throw error;
		}
		return undefined;
	}

	#verify(whose: "cred" | "server", bytes: Uint8Array, timeFloorS: number): Credential | undefined {
		try {
			return this.#check(whose, bytes, timeFloorS);
		} catch (error) {
			if (error instanceof CredentialError) return undefined;
			throw error;
		}
	}

	/**
	 * The newer one of those that were enrolled and stored, expired or not, since it may be renewed. A stored one for
	 * another key than the enrolled one is of an earlier enrolment.
	 */
	#newest(whose: "cred" | "server", enrolled: Uint8Array): Credential {
		const stored = this.#journal.credential(whose);
		const kept = stored && this.#verify(whose, stored, 0);
		const isUsable = kept && (whose === "server" || sameBytes(kept.kem, this.#kemOf(enrolled)));
		const given = isUsable ? this.#verify(whose, enrolled, 0) : this.#check(whose, enrolled, 0);
		const credential = isUsable && kept.epoch >= (given?.epoch ?? 0) ? kept : given;
		if (!credential) throw new Error("one of them was checked");
		this.#journal.raiseEpoch(whose, credential.epoch);
		return credential;
	}

	/** Unchecked. */
	#kemOf(enrolled: Uint8Array): Uint8Array {
		return parseCredential(this.#crypto, enrolled).kem;
	}

	#check(whose: "cred" | "server", bytes: Uint8Array, timeFloorS: number): Credential {
		const { stationEpoch, serverEpoch } = this.#journal.floors;
		return verifyCredential({
			crypto: this.#crypto,
			bytes,
			roots: this.#roots,
			subject: whose === "cred" ? this.#name : SERVER_SUBJECT,
			epochFloor: whose === "cred" ? stationEpoch : serverEpoch,
			timeFloorS,
		});
	}

	#signerOf(server: Credential): PublicKey {
		if (!server.sign) throw new CredentialError("malformed", "server: it has no signing key");
		return this.#crypto.publicKey(server.sign, "verify");
	}
}
