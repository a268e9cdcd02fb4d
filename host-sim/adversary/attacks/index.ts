/** Every attack, in the order of the report. */
import type { Attack } from "../attack.js";
import { drop } from "./drop.js";
import { eavesdrop } from "./eavesdrop.js";
import { flood } from "./flood.js";
import { holdBack } from "./hold-back.js";
import { redirect } from "./redirect.js";
import { replay } from "./replay.js";
import { rollBackKeys } from "./roll-back-keys.js";
import { rollBackRecipe } from "./roll-back-recipe.js";
import { stealKeysLater } from "./steal-keys-later.js";
import { substituteKeys } from "./substitute-keys.js";

export const ATTACKS: readonly Attack[] = [
	eavesdrop,
	stealKeysLater,
	replay,
	holdBack,
	drop,
	flood,
	redirect,
	rollBackRecipe,
	rollBackKeys,
	substituteKeys,
];
