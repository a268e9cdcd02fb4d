/** What the board's process was started with (`--option NAME=VALUE`); for simulated devices only. */
declare module "host-options" {
	export default function option(name: string): string | undefined;
}
