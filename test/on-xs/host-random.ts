/** Tells the first numbers that Math.random gives on this start. */
trace(`${[Math.random(), Math.random(), Math.random()].join(" ")}\n`);
