// What this device may do, as the service wrote it into the page: "read-only", "coach" or "runner"; without a
// token nobody knows, and the service refuses what is not allowed.
const role = () => document.documentElement.dataset.role;

// Whether it may set tags and write notes.
export const mayWriteNotes = () => role() !== "read-only";

// Whether it may do everything: rename, import, delete, and write into the log.
export const mayChangeAll = () => mayWriteNotes() && role() !== "coach";
