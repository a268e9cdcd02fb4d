/** Every attack, in the order of the report. */
import type { Attack } from "../attack.js";
import { drop } from "./drop.js";
import { eavesdrop } from "./eavesdrop.js";
import { flood } from "./flood.js";
import { forge } from "./forge.js";
import { holdBack } from "./hold-back.js";
import { impersonateServer } from "./impersonate-server.js";
import { impersonateStation } from "./impersonate-station.js";
import { redirect } from "./redirect.js";
import { replay } from "./replay.js";
import { rollBackKeys } from "./roll-back-keys.js";
import { rollBackRecipe } from "./roll-back-recipe.js";
import { skipStation } from "./skip-station.js";
import { splice } from "./splice.js";
import { stealKeysLater } from "./steal-keys-later.js";
import { stolenStation } from "./stolen-station.js";
import { substituteKeys } from "./substitute-keys.js";
import { tamper } from "./tamper.js";
import { truncate } from "./truncate.js";

export const ATTACKS: readonly Attack[] = [
	eavesdrop,
	stealKeysLater,
	tamper,
	splice,
	truncate,
	forge,
	replay,
	redirect,
	holdBack,
	drop,
	flood,
	rollBackRecipe,
	rollBackKeys,
	substituteKeys,
	impersonateServer,
	impersonateStation,
	skipStation,
	stolenStation,
];
