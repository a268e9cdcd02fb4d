/**
 * What a station needs around it to be measured: keys, a broker, the central server and a parameter file, all in this
 * process and always alike. The station's private key is the fixed one (fixed-key.ts); every other key is made anew, and
 * of those a station has only the public halves, which cost it the same whatever they are.
 *
 * The file is there before the station starts, so that its session, the file and a unit follow one another without a
 * pause in which it would ask what is new.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol, initPlant, loadServerKeys, stationDirectory } from "../../../keys/keys.js";
import { lifetime, rootKey } from "../../../keys/plant.js";
import { privateDer, publicDer, RSA_BITS } from "../../../keys/rsa.js";
import { signCredential } from "../../../keys/signing.js";
import { startBroker } from "../../../server/broker.js";
import { NodeCrypto } from "../../../server/crypto.js";
import { lineReport, releaseRecipe, releaseUnits } from "../../../server/operations.js";
import { startServer } from "../../../server/server.js";
import { openStore } from "../../../server/store/sqlite.js";
import { fixedKey } from "./fixed-key.js";

const LINE = "budget";
const STATION = `${LINE}.one`;
/** No unit is that good: every value set is tried. */
const LIMITS = "# q-factor\nmin= 1000000\n";

/** A parameter file of exactly `size` bytes, 1,024 or more, with a value set for each attempt and one more. */
export function recipeText(size: number, attempts: number): string {
	const sets = Math.max(2, attempts + 1);
	const lines = ["# Resistors"];
	for (let i = 0; i < sets; i++) lines.push(`r${i}= ${100 + i}`);
	lines.push("# Capacitors", "c1= .4712", "# Inductors", "l0= .9");
	let text = `${lines.join("\n")}\n`;
	for (let i = 1; ; i++) {
		const line = `l${i}= ${(0.9 + i / 100_000).toFixed(5)}\n`;
		if (text.length + line.length > size) break;
		text += line;
	}
	return text + "\n".repeat(size - text.length);
}

export interface Scene {
	/** A directory for whoever runs the station; it goes with the scene. */
	readonly directory: string;
	/** Of the station. */
	readonly bundle: string;
	readonly brokerUrl: string;
	/** A unit arrives. */
	send(unit: string): Promise<void>;
	/** Every unit that was sent has left the line. */
	isDone(): Promise<boolean>;
	close(): Promise<void>;
}

export interface SceneOptions {
	readonly keys: string;
	readonly fileSize: number;
	/** Of each unit, all of which fail. */
	readonly attempts: number;
}

/** Keys of the line and of its station, for any number of scenes. @param directory - new; the caller's. */
export async function makeKeys(directory: string): Promise<void> {
	await initPlant({ directory, line: LINE });
	await enrol({ directory, stations: ["one"] });
	const bundle = stationDirectory(directory, STATION);
	const key = fixedKey(RSA_BITS, STATION);
	const claims = { subject: STATION, epoch: 1, ...lifetime({ directory }), kem: publicDer(key) };
	const credential = signCredential(new NodeCrypto(), rootKey(directory, undefined), claims);
	writeFileSync(join(bundle, "kem.der"), privateDer(key));
	writeFileSync(join(bundle, "credential.cose"), credential);
}

/** @param options.keys - from {@link makeKeys}. */
export async function openScene({ keys, fileSize, attempts }: SceneOptions): Promise<Scene> {
	const directory = mkdtempSync(join(tmpdir(), "interlock-budget-"));
	const undo: (() => Promise<void> | void)[] = [
		() => rmSync(directory, { recursive: true, force: true }),
	];
	const close = async () => {
		for (const each of undo.splice(0).reverse()) await each();
	};
	try {
		const store = await openStore(join(directory, "interlock.sqlite"));
		undo.push(() => store.close());
		const broker = await startBroker({});
		undo.push(() => broker.close());
		const text = recipeText(fileSize, attempts);
		const recipe = { station: STATION, id: "budget", text, limitsText: LIMITS };
		await releaseRecipe(store, { ...recipe, attemptsMax: attempts });
		const server = await startServer({
			...{ brokerUrl: broker.url, keys: loadServerKeys(keys), store },
		});
		undo.push(() => server.close());
		const send = async (unit: string) => {
			await releaseUnits(store, LINE, [unit]);
			await server.refresh();
		};
		const isDone = async () =>
			(await lineReport(store, LINE)).units.every(({ stage }) => stage === "rejected");
		const bundle = stationDirectory(keys, STATION);
		return { directory, bundle, brokerUrl: broker.url, send, isDone, close };
	} catch (error) {
		await close();
		throw error;
	}
}
