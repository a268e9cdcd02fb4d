/** The rival of a power-on in bench/session.ts: the engine starts, and that is all. */
trace("@bench {}\n");
