/** Bytes in memory, as the Parquet reader wants to be given a file. */
export function asyncBufferFrom(bytes: Uint8Array) {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return { byteLength: whole.byteLength, slice: (start: number, end?: number) => whole.slice(start, end) };
}
