// Who signs a request, by the access key id in its signature's scope: each function has one of its own, as the
// sessions of its role have on AWS. Whoever comes with another is somebody at this machine: its administrator.

const beginning = 'ASIALOCAL';

export const accessKeyOf = (functionName: string): string =>
  `${beginning}${functionName.toUpperCase()}`;

/** The name of the function, in capitals; nothing for a person. */
export const functionOf = (accessKeyId: string): string | undefined =>
  accessKeyId.startsWith(beginning) ? accessKeyId.slice(beginning.length) : undefined;
