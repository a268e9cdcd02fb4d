/** What the board's process was started with (`--option NAME=VALUE`); for simulated devices only. */
declare module "host-options" {
	const options: Readonly<Record<string, string | undefined>>;
	export default options;
}
