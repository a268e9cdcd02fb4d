/** Why the board started. */
import resetReason from "reset-reason";

trace(`reason ${resetReason()}\n`);
