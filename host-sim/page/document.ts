/**
 * A page as one HTML file. It loads nothing and runs nothing, and its own policy tells the browser so. The same content
 * gives the same bytes.
 */
import { createHash } from "node:crypto";
import { html, Markup } from "./markup.js";

/** @param style - the whole style sheet. @param body - what stands in the body. */
export function document(title: string, style: string, body: Markup): string {
	const hash = createHash("sha256").update(style).digest("base64");
	const policy = new Markup(`default-src 'none'; style-src 'sha256-${hash}'`);
	const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`;
	return page.text;
}
