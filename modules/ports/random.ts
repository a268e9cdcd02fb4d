/** The Random port: for jitter only. Whatever must not be guessed comes from the Crypto port. */

export interface Random {
	/** A number from 0 up to, not including, 1. */
	fraction(): number;
}
