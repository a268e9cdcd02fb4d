/**
 * Opens one segment of a parameter file again and again, with the firmware's own opener, for the chip's budget
 * (host-sim/mcu-emulator/budget): the chip counts its instructions where the console says "state".
 * The host's option: `count` of segments.
 */
import options from "host-options";
import { PsaCrypto } from "../../modules/crypto/crypto.js";
import { SegmentOpener } from "../../modules/envelope/open.js";
import { segmentNonce } from "../../modules/envelope/segment.js";
import { SEGMENT_SIZE_MAX } from "../../modules/envelope/sizes.js";
import { SECRET_SIZE } from "../../modules/ports/crypto.js";

const count = Number(options("count"));
const prefix = new Uint8Array([1, 2, 3, 4, 5, 6, 7]);
const plaintext = new Uint8Array(SEGMENT_SIZE_MAX).map((_, i) => i);
const aead = new PsaCrypto().importAead(new Uint8Array(SECRET_SIZE).map((_, i) => i));
const sealed = aead.seal(segmentNonce(prefix, 0, false), new Uint8Array(0), plaintext);
const file = { prefix, size: 2 * SEGMENT_SIZE_MAX, segmentSize: SEGMENT_SIZE_MAX };
const opener = new SegmentOpener(file, aead);
const room = new Uint8Array(SEGMENT_SIZE_MAX);
let opened = opener.open(0, sealed, room);
trace("state opening\n");
for (let i = 0; i < count; i++) opened = opener.open(0, sealed, room);
trace("state opened\n");
if (!opened?.every((byte, i) => byte === plaintext[i])) throw new Error("another segment came out");
trace("state checked\n");
