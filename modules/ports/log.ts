/** The Log port: a line on the serial console. No secret, recipe value, reading or serial number goes in. */

export type Log = (line: string) => void;
