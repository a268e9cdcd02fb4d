/**
 * Packets changed at random, the same on every engine, and what the codec says to them: one line
 * for each kind of outcome with its number and a checksum of the packets that had it. Run on XS as
 * a module, imported by Node.
 */
import { Codec } from "../../modules/mqtt/codec.js";
import { MqttError } from "../../modules/mqtt/error.js";

const TURNS = 3000;
/** One of each packet that a broker sends, in hexadecimal, for MQTT 3.1.1 and 5. */
const SAMPLES: readonly (readonly [4 | 5, string])[] = [
	[4, "20020100"],
	[4, "300700036162636869"],
	[4, "3b0900026162ffff010203"],
	[4, "40020001"],
	[4, "62020100"],
	[4, "9006000500010280"],
	[4, "b0020006"],
	[4, "d000"],
	[5, "200e01000b210007240125002700000064"],
	[5, "3410000274fc000708030001c3a4260000"],
	[5, "3411000174000703020000003c0900020102"],
	[5, "400400011000"],
	[5, "500b000187071f00046e6f6e6f"],
	[5, "9006000500000102"],
	[5, "b00500060011"],
	[5, "e0028e00"],
];

function fromHex(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}

function outcome(codec: Codec, packet: Uint8Array): string {
	try {
		return codec.decode(packet).cmd;
	} catch (error) {
		if (!(error instanceof MqttError)) throw error;
		return error.code;
	}
}

/** @returns the lines, sorted. */
export function mutants(seed: number): string[] {
	let state = seed;
	const random = (below: number): number => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
	const codecs = { 4: new Codec(4), 5: new Codec(5) };
	const seen = new Map<string, { count: number; sum: number }>();
	for (let turn = 0; turn < TURNS; turn++) {
		const [protocol, text] = SAMPLES[random(SAMPLES.length)] as (typeof SAMPLES)[number];
		const whole = fromHex(text);
		const packet = whole.slice(0, 2 + random(whole.length - 1));
		for (let changes = random(3); changes > 0; changes--)
			packet[random(packet.length)] = random(256);
		packet[1] = packet.length - 2;
		const name = `${protocol} ${outcome(codecs[protocol], packet)}`;
		const entry = seen.get(name) ?? { count: 0, sum: 0 };
		entry.count++;
		for (const byte of packet) entry.sum = (Math.imul(entry.sum, 31) + byte) >>> 0;
		seen.set(name, entry);
	}
	return [...seen].map(([name, { count, sum }]) => `${name} ${count} ${sum}`).sort();
}
