/**
 * Breadth-first exploration of every state that a model can get into, and the two questions about them: is a rule
 * broken on the way (safety), and is there a state from which no way without further faults leads to the goal
 * (liveness)? The shortest way to the first fault found is given as a list of moves.
 */

/** A rule is broken: thrown by a model's successors. */
export class Violation extends Error {
	override readonly name = "Violation";
}

export interface Move<S> {
	readonly label: string;
	/** Somebody's misfortune, paid from a budget: liveness may not rely on it. */
	readonly isFault: boolean;
	/** The state it leads to, or the rule that it breaks. */
	readonly to: S | Violation;
}

export interface Model<S> {
	readonly initial: S;
	/** Equal states have equal keys. */
	key(state: S): number | string;
	moves(state: S): Promise<readonly Move<S>[]>;
	isGoal(state: S): boolean;
}

export interface Exploration {
	readonly states: number;
	/** Moves without fault. */
	readonly edges: number;
	readonly depth: number;
	/** The rule first broken, with the moves that lead there. */
	readonly violation: { readonly rule: string; readonly trace: readonly string[] } | undefined;
	/** Moves to a state from which the goal cannot be reached; `undefined` where there is none. */
	readonly stuck: readonly string[] | undefined;
	/** How many states those are. */
	readonly stuckStates: number;
}

/** @throws Error beyond `statesMax` states: nothing has been shown then. */
export async function explore<S>(model: Model<S>, statesMax: number): Promise<Exploration> {
	const found = new Found<S>();
	found.add(model.key(model.initial), model.initial, -1, "");
	const sources: number[] = [];
	const targets: number[] = [];
	const goals: number[] = [];
	let violation: Exploration["violation"];
	for (let at = 0; at < found.size && !violation; at++) {
		const state = found.take(at);
		if (model.isGoal(state)) goals.push(at);
		for (const { label, isFault, to } of await model.moves(state)) {
			if (to instanceof Violation) {
				violation ??= { rule: to.message, trace: [...found.trace(at), label] };
				continue;
			}
			const next = found.add(model.key(to), to, at, label);
			if (found.size > statesMax) throw new Error(`more than ${statesMax} states`);
			if (isFault || next === at) continue;
			sources.push(at);
			targets.push(next);
		}
	}
	const stuck = violation ? [] : unreachable(found.size, sources, targets, goals);
	const first = stuck[0];
	return {
		states: found.size,
		edges: sources.length,
		depth: found.depth,
		violation,
		stuck: first === undefined ? undefined : found.trace(first),
		stuckStates: stuck.length,
	};
}

/** The states so far, in the order in which they were found, and how. A state is kept until it has been looked at. */
class Found<S> {
	readonly #index = new Map<number | string, number>();
	readonly #states: (S | undefined)[] = [];
	readonly #parents: number[] = [];
	readonly #labels: string[] = [];
	readonly #depths: number[] = [];

	get size(): number {
		return this.#states.length;
	}
	get depth(): number {
		return this.#depths.at(-1) ?? 0;
	}

	/** @returns its place, whether or not it is new. */
	add(key: number | string, state: S, parent: number, label: string): number {
		const known = this.#index.get(key);
		if (known !== undefined) return known;
		const place = this.#states.length;
		this.#index.set(key, place);
		this.#states.push(state);
		this.#parents.push(parent);
		this.#labels.push(label);
		this.#depths.push((this.#depths[parent] ?? -1) + 1);
		return place;
	}

	take(place: number): S {
		const state = this.#states[place] as S;
		this.#states[place] = undefined;
		return state;
	}

	trace(place: number): string[] {
		const moves: string[] = [];
		for (let at = place; at > 0; at = this.#parents[at] as number)
			moves.push(this.#labels[at] as string);
		return moves.reverse();
	}
}

/** The states from which no edge leads, directly or not, to a goal. */
function unreachable(
	count: number,
	sources: readonly number[],
	targets: readonly number[],
	goals: readonly number[],
): number[] {
	const starts = new Int32Array(count + 1);
	for (const target of targets) starts[target + 1] = (starts[target + 1] as number) + 1;
	for (let i = 0; i < count; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
	const free = starts.slice();
	const reversed = new Int32Array(sources.length);
	for (const [i, target] of targets.entries()) {
		const place = free[target] as number;
		free[target] = place + 1;
		reversed[place] = sources[i] as number;
	}
	const reaches = new Uint8Array(count);
	const open = [...goals];
	for (const goal of goals) reaches[goal] = 1;
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		for (let edge = starts[at] as number; edge < (starts[at + 1] as number); edge++) {
			const source = reversed[edge] as number;
			if (reaches[source] === 1) continue;
			reaches[source] = 1;
			open.push(source);
		}
	}
	const stuck: number[] = [];
	for (let i = 0; i < count; i++) if (reaches[i] === 0) stuck.push(i);
	return stuck;
}
