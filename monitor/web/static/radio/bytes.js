// Bytes as they stand in messages: base64.
export const base64Of = (view) =>
  btoa(String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));

export const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Whether the bytes begin with these.
export const beginsWith = (bytes, prefix) => prefix.every((byte, at) => bytes[at] === byte);
