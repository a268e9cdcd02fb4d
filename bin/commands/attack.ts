/** `interlock attack`: tries to break the protocol, and the paper's format beside it, and says what came of it. */
import { type Command, InvalidArgumentError } from "commander";
import type { Suite, Tried } from "../../host-sim/adversary/attack.js";
import { type BrokerAddress, brokerAddress, ServerError } from "../../server/address.js";
import { CommandFailure, EXIT } from "./failure.js";
import { SEED_MAX, whole } from "./options.js";
import { printJson, printLine } from "./output.js";

interface AttackOptions {
	readonly suite?: Suite;
	readonly against?: BrokerAddress;
	readonly only?: readonly string[];
	readonly seed: number;
	readonly html?: string;
	readonly json?: true;
}

const EPILOGUE = `
Suite 1 is Interlock: a line of three stations with its firmware and server, every checker of the simulation watching.
Suite 0 is the system of the paper this project grew out of, built as the paper describes it and used for nothing else. The
attacker sees, keeps back, changes and invents messages. Without --suite both are attacked.

Against "sim" all of it happens in simulated time. Against a broker's address it happens there, in real time: the attacker is
a client of that broker and sits between it and the parties. Give it an open broker of its own, since every topic of a line is
used, and nothing of a plant's.

Exit status 1 where an attack on suite 1 succeeded.

Examples:
  interlock attack                                    every attack on both suites
  interlock attack --suite 1 --only replay,tamper
  interlock attack --html docs/attacks.html
  interlock attack --suite 1 --against mqtt://127.0.0.1:1883 --json
`;

/** `sim` is `undefined`. */
function target(text: string): BrokerAddress | undefined {
	if (text === "sim") return undefined;
	try {
		return brokerAddress(text, { username: "", password: "" });
	} catch (error) {
		if (!(error instanceof ServerError)) throw error;
		throw new InvalidArgumentError(
			"It must be sim or look like mqtt://[user[:password]@]host:1883.",
		);
	}
}

function suite(text: string): Suite {
	if (text !== "0" && text !== "1") throw new InvalidArgumentError("It must be 0 or 1.");
	return text === "0" ? 0 : 1;
}

function list(text: string): readonly string[] {
	return text.split(",").filter((name) => name !== "");
}

function show({ name, suite, outcome, evidence }: Tried, paint: (text: string) => string): void {
	printLine(`${name.padEnd(22)} suite ${suite}  ${paint(outcome.padEnd(9))}  ${evidence}`);
}

async function attack(options: AttackOptions): Promise<void> {
	const { tryAttacks } = await import("../../host-sim/adversary/laboratory.js");
	const { ATTACKS } = await import("../../host-sim/adversary/attacks/index.js");
	const { colourful, plain } = await import("../../host-sim/line/display.js");
	const { only, against: real, seed, json, html } = options;
	const unknown = only?.find((name) => !ATTACKS.some((each) => each.name === name));
	if (unknown !== undefined)
		throw new CommandFailure(
			EXIT.usage,
			"attack",
			`there is no attack ${unknown}; there are: ${ATTACKS.map(({ name }) => name).join(", ")}`,
		);
	if (real) await checkBroker(real);
	const paint = process.stdout.isTTY && !process.env.NO_COLOR ? colourful : plain;
	const isLive = process.stderr.isTTY === true;
	const suites = options.suite === undefined ? ([0, 1] as const) : [options.suite];
	const report = await tryAttacks({
		seed,
		suites,
		...(real && { real }),
		...(only && { names: only }),
		onBegin: ({ name }, suite) => {
			if (isLive) process.stderr.write(`\r\x1b[2Ktrying ${name} on suite ${suite}`);
		},
		onTried: (tried) => {
			if (isLive) process.stderr.write("\r\x1b[2K");
			const colour = tried.outcome === "stopped" ? "green" : "red";
			if (!json) show(tried, (text) => paint(colour, text));
		},
	});
	if (html !== undefined) {
		const { attackPage } = await import("../../host-sim/adversary/page/page.js");
		const { writeFileSync } = await import("node:fs");
		writeFileSync(html, attackPage(report));
	}
	const broken = report.attacks.filter((each) => each.suite === 1 && each.outcome === "succeeded");
	if (json)
		printJson({
			seed,
			against: report.against,
			attacks: report.attacks.map(({ name, suite, goal, properties, outcome, evidence }) => ({
				name,
				suite,
				goal,
				properties,
				outcome,
				evidence,
			})),
		});
	else {
		const succeeded = (of: Suite) =>
			report.attacks.filter((each) => each.suite === of && each.outcome === "succeeded").length;
		for (const of of suites)
			printLine(
				`suite ${of}: ${succeeded(of)} of ${report.attacks.filter((each) => each.suite === of).length} succeeded`,
			);
		if (html !== undefined) printLine(`${html} shows how`);
	}
	// Connections of a broker that went away may linger.
	process.exitCode = broken.length === 0 ? EXIT.ok : EXIT.failed;
}

/** A broker that nobody reaches is not an attack that was stopped. */
async function checkBroker({ host, port }: BrokerAddress): Promise<void> {
	const { connect } = await import("node:net");
	await new Promise<void>((resolve, reject) => {
		const socket = connect({ host, port });
		socket.once("connect", () => {
			socket.destroy();
			resolve();
		});
		socket.once("error", () => {
			const message = `nobody listens at ${host}:${port}; start a broker there (interlock broker --port ${port})`;
			reject(new CommandFailure(EXIT.environment, "broker", message));
		});
	});
}

export function addAttackCommand(program: Command): void {
	program
		.command("attack")
		.description("try to break the protocol, and the paper's format beside it")
		.option("--suite <0|1>", "only this one: 0 the paper's, 1 Interlock's", suite)
		.option("--against <sim|url>", "simulated, or at a broker (default: sim)", target)
		.option("--only <names>", "these attacks, separated by commas", list)
		.option("--seed <n>", "what line is attacked", whole(0, SEED_MAX), 1)
		.option("--html <file>", "write a page with diagrams")
		.option("--json", "print JSON")
		.addHelpText("after", EPILOGUE)
		.action(attack);
}
