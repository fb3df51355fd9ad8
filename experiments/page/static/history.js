/** Reads the body that experiments/page/history.py writes: what happened in a run, as a header and columns. */

const MAGIC = "GRID",
  VERSION = 2,
  HEAD_BYTES = 12,
  ALIGNED = 8;
const ARRAYS = {
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** The history in a body: what its header says, with `columns`, typed arrays by name. Throws if it is none. */
export async function decode(body) {
  const unpacked = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
  const plain = await new Response(unpacked).arrayBuffer();
  const view = new DataView(plain),
    magic = String.fromCharCode(...new Uint8Array(plain, 0, 4));
  if (magic !== MAGIC || view.getUint32(4, true) !== VERSION) throw new Error(`no history of version ${VERSION}`);
  const headerBytes = view.getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(plain, HEAD_BYTES, headerBytes)));
  const columns = {};
  let at = HEAD_BYTES + headerBytes;
  for (const { name, type, length } of header.columns) {
    columns[name] = new ARRAYS[type](plain, at, length);
    at += Math.ceil(columns[name].byteLength / ALIGNED) * ALIGNED;
  }
  return { ...header, columns };
}

/** The bytes of a text in base64. */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}
