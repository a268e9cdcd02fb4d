/** Flash partitions and key-value storage of the simulator's board. Option `run`: "first" writes, "second" reads. */
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import option from "host-options";

function attempt(name: string, action: () => unknown): void {
	try {
		trace(`${name}: ${action()}\n`);
	} catch (error) {
		trace(`${name}: ${(error as Error).message}\n`);
	}
}

const bytes = (...values: number[]) => new Uint8Array(values);
const text = (buffer: ArrayBuffer | undefined) => buffer && new Uint8Array(buffer).join();

trace(`partitions: ${[...flash].join()}\n`);
attempt("private", () => flash.open({ path: "keys" }));
const slot = flash.open({ path: "slot0", mode: "r+" });
const { size, blockLength, blocks } = slot.status();
trace(`status: ${size} ${blockLength} ${blocks}\n`);
const store = keyValue.open({ path: "test", format: "buffer" });
if (option("run") === "first") {
	attempt("erased", () => text(slot.read(4, 0)));
	attempt("write", () => slot.write(bytes(1, 2, 3), 4095));
	attempt("again", () => slot.write(bytes(1), 4097));
	attempt("outside", () => slot.write(bytes(1, 2), size - 1));
	attempt("read-only", () => flash.open({ path: "slot1", mode: "r" }).write(bytes(1), 0));
	store.write("kept", bytes(1, 2, 3));
	store.write("gone", bytes(4));
	store.delete("gone");
	attempt("long key", () => store.write("0123456789abcdef", bytes(1)));
	attempt("large value", () => store.write("large", new Uint8Array(4001)));
} else {
	attempt("kept bytes", () => text(slot.read(4, 4094)));
	slot.eraseBlock(1);
	attempt("after erase", () => text(slot.read(4, 4094)));
	attempt("kept value", () => text(store.read("kept")));
	attempt("gone value", () => store.read("gone"));
	attempt("keys", () => [...store].join());
}
slot.close();
slot.close();
attempt("closed", () => slot.read(1, 0));
