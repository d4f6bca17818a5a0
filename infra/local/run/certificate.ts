// Makes the certificate of `npm start -- --https`. It is valid for the names of this machine only and is not an
// authority: whoever gets hold of its key cannot make a certificate for another site.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';

export interface LocalCertificate {
  key: string;
  cert: string;
  /** Holds `cert`: what a browser has to trust. */
  file: string;
  close(): Promise<void>;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Browsers accept no certificate that is valid for longer. */
const validDays = 397;

/** The one in `folder` while it is valid. Without a folder the key is never written anywhere. */
export async function localCertificate(folder?: string): Promise<LocalCertificate> {
  if (!folder) {
    const made = await make();
    const passing = await mkdtemp(join(tmpdir(), 'okta-dpop-bff-https-'));
    const file = join(passing, certName);
    await writeFile(file, made.cert);
    return { ...made, file, close: () => rm(passing, { recursive: true, force: true }) };
  }
  const file = join(folder, certName);
  const keyFile = join(folder, 'localhost.key');
  const close = async () => {};
  const kept = await keptIn(file, keyFile);
  if (kept) return { ...kept, file, close };
  const made = await make();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(keyFile, made.key, { mode: 0o600 });
  await writeFile(file, made.cert);
  return { ...made, file, close };
}

const certName = 'localhost.pem';

/** The stand-in for Okta reads the broker's keys over https, too. */
export function trustHere({ cert }: LocalCertificate): void {
  setDefaultCACertificates([...getCACertificates('default'), cert]);
}

async function make() {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + validDays * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key, cert };
}

/** Returns undefined when there is none, when it ends within a day, or when the two files do not belong together. */
async function keptIn(file: string, keyFile: string) {
  try {
    const [cert, key] = await Promise.all([readFile(file, 'utf8'), readFile(keyFile, 'utf8')]);
    const read = new X509Certificate(cert);
    const valid = read.validToDate.getTime() > Date.now() + dayMs;
    return valid && read.checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
  } catch {
    return undefined;
  }
}
