export function benchPage(_suite: unknown): string {
	return "";
}
