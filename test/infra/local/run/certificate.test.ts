import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { localCertificate } from '#infra/local/run/certificate.ts';
import { selfSigned } from '#test/support/self-signed.ts';

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'certificate-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a local certificate is for the names of this machine, is no authority, and lasts as long as browsers allow', async () => {
  const { cert, close } = await localCertificate();
  onTestFinished(close);
  const read = new X509Certificate(cert);
  expect(read.checkHost('localhost')).toBeDefined();
  for (const ip of ['127.0.0.1', '::1']) expect(read.checkIP(ip)).toBeDefined();
  for (const host of ['acme.okta.com', 'example.com']) expect(read.checkHost(host)).toBeUndefined();
  expect(read.ca).toBe(false);
  const days = (read.validToDate.getTime() - read.validFromDate.getTime()) / 86_400_000;
  expect(days).toBeLessThanOrEqual(398);
});

test('every run without a folder has a certificate of its own', async () => {
  const [first, second] = [await localCertificate(), await localCertificate()];
  onTestFinished(async () => void (await Promise.all([first.close(), second.close()])));
  expect(first.cert).not.toBe(second.cert);
});

test('a folder keeps the certificate, and its key for its owner alone', async () => {
  const kept = join(await folder(), 'new');
  const { file, ...first } = await localCertificate(kept);
  await first.close();
  expect(await localCertificate(kept)).toMatchObject({ cert: first.cert, key: first.key });
  expect((await stat(join(kept, 'localhost.key'))).mode & 0o077).toBe(0);
  expect(file).toBe(join(kept, 'localhost.pem'));
});

test('a kept certificate that is not the key’s, or that cannot be read, is made anew', async () => {
  const kept = await folder();
  for (const spoilt of [selfSigned.cert, 'not a certificate']) {
    const { file } = await localCertificate(kept);
    await writeFile(file, spoilt);
    const { cert, key } = await localCertificate(kept);
    expect(cert).not.toBe(spoilt);
    expect(await localCertificate(kept)).toMatchObject({ cert, key });
  }
});

test('a kept certificate that ends within a day is made anew', async () => {
  const kept = await folder();
  const first = await localCertificate(kept);
  const end = new X509Certificate(first.cert).validToDate.getTime();
  vi.useFakeTimers({ toFake: ['Date'], now: end - 12 * 3_600_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect((await localCertificate(kept)).cert).not.toBe(first.cert);
});
