// Seals what the table holds under a secret that only the browser has: AES-256-GCM with a key that HKDF derives from
// the cookie. A copy of the table reveals nothing; deleting the item destroys its content.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const format = 1; // first byte, so that a later format can be told apart
const ivBytes = 12;
const tagBytes = 16;

/** `bound` is where the seal belongs (id, version): a sealed part that was moved elsewhere does not open. */
export function seal(secret: string, bound: string, content: unknown): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), iv).setAAD(Buffer.from(bound));
  const sealed = cipher.update(JSON.stringify(content), 'utf8');
  return Buffer.concat([Uint8Array.of(format), iv, sealed, cipher.final(), cipher.getAuthTag()]);
}

/** Returns undefined when the seal was made with another secret or for another place, or was changed. */
export function unseal(secret: string, bound: string, sealed: Uint8Array): unknown {
  if (sealed[0] !== format || sealed.length < 1 + ivBytes + tagBytes) return undefined;
  const iv = sealed.subarray(1, 1 + ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), iv, { authTagLength: tagBytes })
    .setAAD(Buffer.from(bound))
    .setAuthTag(sealed.subarray(-tagBytes));
  try {
    const content = decipher.update(sealed.subarray(1 + ivBytes, -tagBytes));
    return JSON.parse(Buffer.concat([content, decipher.final()]).toString('utf8'));
  } catch {
    return undefined;
  }
}

// HKDF-SHA-256 (RFC 5869) without a salt, for one block, made of two HMACs: the platform's hkdf costs a third more,
// which is 4 % of a call's CPU. Keys are KeyObjects: passing bytes costs 15 us more per key in Node 24.
const noSalt = createSecretKey(new Uint8Array(32));
const info = Buffer.from('bff seal 1\x01');

function keyOf(secret: string): KeyObject {
  const extracted = createHmac('sha256', noSalt).update(secret, 'base64url').digest();
  const expanded = createHmac('sha256', createSecretKey(extracted)).update(info).digest();
  return createSecretKey(expanded);
}
