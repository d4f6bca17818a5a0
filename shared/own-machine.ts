// Hosts that lead back to whoever asks. In a Lambda function that is the runtime's own API and the credentials of its role.
import { BlockList, isIP } from 'node:net';

const names =
  /(^|\.)(localhost|localdomain|localhost6|ip6-localhost|ip6-loopback|instance-data(\.ec2\.internal)?)\.?$/;

/** Subnets of IPv4 hold for the same addresses as IPv6 writes them (`::ffff:127.0.0.1`). */
const addresses = new BlockList();
for (const [subnet, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  // Link-local: instance metadata, credentials of a task, the X-Ray daemon.
  ['169.254.0.0', 16],
] as const) {
  addresses.addSubnet(subnet, bits, 'ipv4');
}
for (const [subnet, bits] of [
  // Loopback, unspecified, and IPv4 in the ways that nobody writes any more (RFC 4291 section 2.5.5.1).
  ['::', 96],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  // Where EC2 has its metadata.
  ['fd00:ec2::', 32],
] as const) {
  addresses.addSubnet(subnet, bits, 'ipv6');
}

/** URL has written an IPv4 address in its usual way already, whether it came in octal, in hex or as one number. */
export function isOwnMachine({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return names.test(hostname);
  return addresses.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
