/*
 * The flash partitions of the simulator's board, as the Moddable SDK offers an ESP32's; the C is
 * host-sim/xs/flash-partition.c. A private partition can neither be opened nor seen. Beside the SDK's options there is
 * `sync`, for the key-value records alone: what was changed is on the host's disk when the call returns.
 */

class Flash @ "xs_sim_flash_destructor" {
	constructor() {
		throw new TypeError("use open()");
	}
	close() @ "xs_sim_flash_close";
	eraseBlock(start, end) @ "xs_sim_flash_erase";
	read(byteLength, byteOffset) @ "xs_sim_flash_read";
	write(buffer, byteOffset) @ "xs_sim_flash_write";
	status() @ "xs_sim_flash_status";
	get format() {
		return "buffer";
	}
	set format(value) {
		if (value !== "buffer") throw new RangeError("format: buffer only");
	}
}

function open(name, writable, prototype, synced) @ "xs_sim_flash_open";
function nameAt(index) @ "xs_sim_flash_name";

export default Object.freeze({
	open(options) {
		const { path, mode = "r+", sync = false } = options;
		if (mode !== "r" && mode !== "r+") throw new RangeError("mode: r or r+");
		return open(String(path), mode === "r+", Flash.prototype, sync);
	},
	*[Symbol.iterator]() {
		for (let index = 0; ; index++) {
			const name = nameAt(index);
			if (name === undefined) return;
			if (name) yield name;
		}
	},
});
