// Hosts that lead back to the machine itself. In a Lambda function that is the runtime API, and the credentials of its
// role.
import { BlockList, isIP } from 'node:net';

const names =
  /(^|\.)(localhost|localdomain|localhost6|ip6-localhost|ip6-loopback|instance-data(\.ec2\.internal)?)\.?$/;

/** IPv4 subnets also match the same addresses in IPv6 notation (`::ffff:127.0.0.1`). */
const addresses = new BlockList();
for (const [subnet, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  // Link-local: instance metadata, task credentials, the X-Ray daemon.
  ['169.254.0.0', 16],
] as const) {
  addresses.addSubnet(subnet, bits, 'ipv4');
}
for (const [subnet, bits] of [
  // Loopback, unspecified, and IPv4 in obsolete notations (RFC 4291 section 2.5.5.1).
  ['::', 96],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  // EC2's instance metadata.
  ['fd00:ec2::', 32],
] as const) {
  addresses.addSubnet(subnet, bits, 'ipv6');
}

/** URL has already normalised an IPv4 address, whether it was written in octal, in hex or as one number. */
export function isOwnMachine({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return names.test(hostname);
  return addresses.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
