/** Preloaded: a promise, which is written when somebody waits for it. */
export const never = new Promise(() => {});
