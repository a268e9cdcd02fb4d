/**
 * Runs one input of the fuzzer: a sequence of calls of native.js, mostly as they should be, and looks at what came of
 * each. A finding is thrown; AddressSanitizer's and UndefinedBehaviorSanitizer's end the process.
 *
 * Byte 0 says how: whether to fence, whether what takes milliseconds may run, whether to close or drop the handles.
 * Then one byte chooses a call, those behind it its receiver and arguments, and one what is wrong with them.
 */

import { hex } from "../../modules/bytes/bytes.js";
import { Derivation, equal, Hash, Key, random } from "../../modules/crypto/native.js";
import { Input, Values, type Want } from "./native-fuzz-values.js";
import { overflow } from "./native-planted.js";
import { begin, collect, fault, fenceDown, fenceUp, openKeys } from "./native-sanitized.js";

/** RSA private operations and X25519, in one input. */
const SLOW_MAX = 2;
const FAILURES = [undefined, "refused", "key", "size", "closed", "memory", "platform"];

type Native = (this: unknown, ...values: unknown[]) => unknown;

interface Step {
	readonly on: "keys" | "hashes" | "derivations" | undefined;
	readonly name: string;
	readonly native: Native;
	readonly wants: readonly Want[];
	readonly isSlow: boolean;
}

const SLOW = new Set(["unwrap", "sign", "generateAgreement", "importAgreement", "agree"]);

/** A row each: a method, and what it takes. */
function stepsOf(on: NonNullable<Step["on"]>, type: object, rows: [string, ...Want[]][]): Step[] {
	return rows.map(([name, ...wants]) => {
		const native = (type as Record<string, Native>)[name] as Native;
		return { on, name, native, wants, isSlow: SLOW.has(name) };
	});
}

function free(native: unknown, name: string, ...wants: Want[]): Step {
	return { on: undefined, name, native: native as Native, wants, isSlow: false };
}

const STEPS: readonly Step[] = [
	...stepsOf("keys", Key.prototype, [
		["close"],
		["sizeInBytes"],
		["generateSecret"],
		["generateSecret"],
		["importSecret", 32],
		["importSecret", 96],
		["importAead", 32],
		["seal", 12, "text", "text", "longer by a tag"],
		["open", 12, "text", "sealed", "shorter by a tag"],
		["importMac", 32],
		["mac", "text", 32],
		["importPublic", "der", "flag"],
		["loadPrivate", "name", "flag"],
		["wrap", "key", "label", "modulus"],
		["unwrap", "wrapped", "label", "key"],
		["sign", "text", "modulus"],
		["verify", 7, "signature"],
		["generateAgreement", 32],
		["importAgreement", 32, 32],
		["agree", 32, "key"],
	]),
	...stepsOf("hashes", Hash.prototype, [["close"], ["start"], ["update", "text"], ["digest", 32]]),
	...stepsOf("derivations", Derivation.prototype, [
		["close"],
		["start", "text", "text", "key"],
		["start", "text", "text", "key", "key"],
		["start", "text", "text", "key", "key", "key"],
		["aead", "key"],
		["mac", "key"],
		["bytes", "text"],
	]),
	free(random, "random", "text"),
	free(equal, "equal", 32, 32),
];

const PLANTED = [free(overflow, "planted overflow", 2, 32)];

function isExpected(error: unknown): boolean {
	return (
		error instanceof TypeError ||
		(error instanceof SyntaxError && error.message.startsWith("C: xsGetHostData"))
	);
}

function shown(value: unknown): string {
	if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength}`;
	return typeof value === "object" && value !== null ? "object" : String(value);
}

function check(name: string, result: unknown, values: readonly unknown[]): void {
	if (name === "equal" ? typeof result === "boolean" : FAILURES.includes(result as string)) {
		const [, , sealed, target] = values;
		if (name !== "open" || result !== "refused" || !(target instanceof Uint8Array)) return;
		if ((sealed as Uint8Array).byteLength >= 16 && target.some((byte) => byte !== 0))
			throw new Error("open() refused and left something in its target");
		return;
	}
	if (name === "sizeInBytes" && Number.isInteger(result) && Number(result) >= 0) return;
	throw new Error(`${name} returned ${shown(result)}`);
}

class Run {
	readonly #input: Input;
	readonly #values: Values;
	readonly #isFenced: boolean;
	readonly #fenceAtBegin: boolean;
	readonly #slowMax: number;
	readonly #isDropped: boolean;
	#slow = 0;

	constructor(bytes: Uint8Array) {
		this.#input = new Input(bytes);
		const how = this.#input.next();
		this.#isFenced = how % 2 === 0;
		this.#fenceAtBegin = how % 8 === 4;
		this.#slowMax = how >> 4 === 0 ? SLOW_MAX : 0;
		this.#isDropped = (how & 0x0e) === 2;
		this.#values = new Values(this.#input);
	}

	/** @throws what was found. */
	all(steps: readonly Step[], tell?: (line: string) => void): void {
		while (!this.#input.isOver) {
			const step = this.#input.pick(steps);
			if (step.isSlow && this.#slow++ >= this.#slowMax) continue;
			this.#step(step, tell);
		}
		this.#end();
	}

	#step(step: Step, tell?: (line: string) => void): void {
		const { name, wants, native, on } = step;
		const input = this.#input;
		let receiver: unknown = on && input.pick<unknown>(this.#values[on]);
		const values = wants.map((want) => this.#values.draw(want));
		const wrong = input.next();
		let isFailing = false;
		if (wrong < 20) {
			isFailing = true;
			fault(1 + (wrong % 10), input.next());
		} else if (wrong < 32) values.length = Math.max(0, values.length - 1 - (wrong % 3));
		else if (wrong < 48) values[wrong % (values.length || 1)] = this.#values.garbage();
		else if (wrong < 52) receiver = this.#values.garbage();
		tell?.(`${on ?? "function"}.${name}(${values.map(shown).join(", ")})`);
		const result = this.#call(native, receiver, values);
		fault(0, 0);
		tell?.(`  ${shown(result)}${isFailing ? ", with a fault" : ""}`);
		if (name === "seal" && result === undefined && values[3] instanceof Uint8Array)
			this.#values.sealed = values[3].slice();
		this.#values.checkWindows();
		if (!(result instanceof Error)) check(name, result, values);
	}

	#call(native: Native, receiver: unknown, values: unknown[]): unknown {
		if (this.#isFenced) fenceUp(this.#fenceAtBegin);
		try {
			return Reflect.apply(native, receiver, values);
		} catch (error) {
			if (!isExpected(error)) throw error;
			return error;
		} finally {
			if (this.#isFenced) fenceDown();
		}
	}

	/** Closes what is open, or leaves it to the garbage collector; no key may be left. */
	#end(): void {
		const { keys, hashes, derivations } = this.#values;
		if (!this.#isDropped) for (const each of [...keys, ...hashes, ...derivations]) each.close();
		else for (const list of [keys, hashes, derivations]) list.length = 0;
	}
}

/**
 * @param isPlanted - whether to call the planted overflow alone.
 * @throws what was found.
 */
export function runInput(bytes: Uint8Array, isPlanted: boolean, tell?: (line: string) => void) {
	begin(bytes);
	new Run(bytes).all(isPlanted ? PLANTED : STEPS, tell);
	if (openKeys() > 0) collect();
	if (openKeys() > 0) throw new Error(`${openKeys()} keys are left open by ${hex(bytes)}`);
}
