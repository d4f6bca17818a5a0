// Finds out who signs a request, by the access key id in its signature's scope. Each function has its own, as the
// sessions of its role have on AWS. Any other key belongs to a person at this machine: its administrator.

const beginning = 'ASIALOCAL';

export const accessKeyOf = (functionName: string): string =>
  `${beginning}${functionName.toUpperCase()}`;

/** Returns the function's name, in capitals, or undefined for a person. */
export const functionOf = (accessKeyId: string): string | undefined =>
  accessKeyId.startsWith(beginning) ? accessKeyId.slice(beginning.length) : undefined;
