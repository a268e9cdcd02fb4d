/** Every decoder that runs as JavaScript: the one table of what is fuzzed. */
import type { Subject } from "./subject.js";
import { addressSubjects } from "./subjects/addresses.js";
import { channelSubjects } from "./subjects/channel.js";
import { credentialSubjects } from "./subjects/credentials.js";
import { envelopeSubjects } from "./subjects/envelopes.js";
import { messageSubjects } from "./subjects/messages.js";
import { mqttSubjects } from "./subjects/mqtt.js";
import { recipeSubjects } from "./subjects/recipes.js";
import { storageSubjects } from "./subjects/storage.js";

export const SUBJECTS: readonly Subject[] = [
	...messageSubjects,
	...channelSubjects,
	...credentialSubjects,
	...envelopeSubjects,
	...recipeSubjects,
	...mqttSubjects,
	...storageSubjects,
	...addressSubjects,
];
