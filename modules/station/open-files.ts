/**
 * The files whose content keys are at hand, two at most: the one that attempts read from, and the one that came last, until
 * it is read from or another one is. So a file that comes and is then used costs one RSA private operation, not two.
 *
 * Leaves out whether a file may run: library.ts looks at that each time before it asks for one.
 */
import { sameBytes } from "../bytes/bytes.js";
import type { SealedFile } from "./sealed-file.js";
import type { OpenRecipe } from "./set-reader.js";

/** Its sections are counted once. */
interface Current extends OpenRecipe {
	readonly digest: Uint8Array;
}

export class OpenFiles {
	#current: Current | undefined;
	#fresh: { readonly digest: Uint8Array; readonly file: SealedFile } | undefined;

	/** The one that attempts read from. */
	get current(): OpenRecipe | undefined {
		return this.#current;
	}

	/** That one, if it has this digest. */
	currentOf(digest: Uint8Array): OpenRecipe | undefined {
		return this.#current && sameBytes(this.#current.digest, digest) ? this.#current : undefined;
	}

	/** The one that came last, if it has this digest. */
	freshOf(digest: Uint8Array): SealedFile | undefined {
		return this.#fresh && sameBytes(this.#fresh.digest, digest) ? this.#fresh.file : undefined;
	}

	/** A whole file has come. Takes `file` over. */
	add(digest: Uint8Array, file: SealedFile): void {
		this.#fresh?.file.close();
		this.#fresh = { digest, file };
	}

	/** Attempts read from this file now; takes it over. The keys of all others are wiped. */
	use(digest: Uint8Array, file: SealedFile): OpenRecipe {
		if (this.#fresh?.file === file) this.#fresh = undefined;
		this.close();
		this.#current = { digest, file, outline: undefined, cursor: undefined };
		return this.#current;
	}

	/** Wipes the key of the file that came last, unless it was signed with the key of this epoch. */
	trustOnly(signerEpoch: number): void {
		if (!this.#fresh || this.#fresh.file.head.signerEpoch === signerEpoch) return;
		this.#fresh.file.close();
		this.#fresh = undefined;
	}

	/** Wipes all keys. */
	close(): void {
		this.#current?.file.close();
		this.#current = undefined;
		this.#fresh?.file.close();
		this.#fresh = undefined;
	}
}
