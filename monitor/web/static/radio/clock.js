// Milliseconds of this page: never set back while it is open, and close to those of the page before it.
export const pageTime = () => performance.timeOrigin + performance.now();
