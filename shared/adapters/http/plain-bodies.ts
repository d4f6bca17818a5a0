// Decompresses bodies of upstreams that compress although they were asked not to, within the same size limit. So
// `content-encoding` never has to be passed on.
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzip,
  inflate,
  zstdDecompress,
} from 'node:zlib';
import { type HeaderLines, type Http, HttpFailure, type Incoming } from '#core/http.ts';

interface Coding {
  whole: (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
  stream: () => NodeJS.ReadWriteStream;
}

const gzip: Coding = { whole: promisify(gunzip), stream: createGunzip };
const codings: Record<string, Coding> = {
  gzip,
  'x-gzip': gzip,
  deflate: { whole: promisify(inflate), stream: createInflate },
  br: { whole: promisify(brotliDecompress), stream: createBrotliDecompress },
  zstd: { whole: promisify(zstdDecompress), stream: createZstdDecompress },
};

export function plainBodies(http: Http): Http {
  return {
    async send(request, signal) {
      const answer = await http.send(request, signal);
      const named = answer.body.length > 0 ? codingsOf(answer) : [];
      if (named.length === 0) return answer;
      return { ...answer, body: await opened(answer.body, named, request.maxBytes) };
    },
    async open(request, signal) {
      const answer = await http.open(request, signal);
      const named = request.method === 'HEAD' ? [] : codingsOf(answer);
      return named.length === 0 ? answer : { ...answer, body: streamed(answer.body, named) };
    },
  };
}

/** The outermost coding comes first. Throws for an unknown coding, and for a part of something encoded. */
function codingsOf({ status, headers }: Pick<Incoming, 'status' | 'headers'>): Coding[] {
  const names = valuesOf(headers, 'content-encoding').filter((name) => name !== 'identity');
  if (names.length === 0 || status === 204 || status === 304) return [];
  if (status === 206 || names.length > 2) throw new HttpFailure('malformed', 'content-encoding');
  return names.reverse().map((name) => {
    const coding = Object.hasOwn(codings, name) ? codings[name] : undefined;
    if (!coding) throw new HttpFailure('malformed', 'content-encoding');
    return coding;
  });
}

const valuesOf = (headers: HeaderLines, wanted: string): string[] =>
  headers
    .filter(([name]) => name === wanted)
    .flatMap(([, value]) => value.toLowerCase().split(/[\s,]+/))
    .filter(Boolean);

async function opened(body: Buffer, named: Coding[], maxBytes: number): Promise<Buffer> {
  let plain = body;
  for (const { whole } of named) {
    try {
      plain = await whole(plain, { maxOutputLength: Math.min(maxBytes, 2 ** 31) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new HttpFailure(code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'cut', code);
    }
  }
  return plain;
}

function streamed(body: AsyncIterable<Buffer>, named: Coding[]): AsyncIterable<Buffer> {
  const streams = named.map(({ stream }) => stream());
  // The reader of the last stream sees any failure.
  pipeline([Readable.from(body, { objectMode: false }), ...streams], () => {});
  return streams.at(-1) as AsyncIterable<Buffer>;
}
