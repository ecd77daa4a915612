// Puts bundles together byte by byte, as the specification draws them.

export function u8(value) {
  return [value];
}

export function u16(value) {
  return bytesOf(value, 2);
}

export function u32(value) {
  return bytesOf(value, 4);
}

export function u64(value) {
  return bytesOf(value, 8);
}

function bytesOf(value, count) {
  return Array.from({ length: count }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn));
}

export function header({ magic = 0xcafebabe, version = 1, count = 1, seq = 7, timestampUs = 9 } = {}) {
  return [...u32(magic), ...u16(version), ...u16(count), ...u64(seq), ...u64(timestampUs)];
}

export function frame({ id = 0, format = 1, width = 640, height = 480, data = [0xff, 0xd8, 0xff, 0xd9], size } = {}) {
  return [...u8(id), ...u8(format), ...u16(0), ...u32(width), ...u32(height), ...u32(size ?? data.length), ...data];
}

export function block(tag, body, size = body.length) {
  return [...u16(tag), ...u16(0), ...u32(size), ...body];
}

export function captureInfo(entries, entrySize = 24) {
  return [
    ...u16(entrySize),
    ...u16(0),
    ...entries.flatMap(({ id, clock, timeUs, number }) => [
      ...u8(id), ...u8(clock), ...u16(0), ...u32(0), ...u64(timeUs), ...u64(number), ...new Array(entrySize - 24).fill(0xee),
    ]),
  ];
}

export function payload(...parts) {
  return Uint8Array.from(parts.flat()).buffer;
}
