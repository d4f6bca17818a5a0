// A REST API reserves some header names, and renames the headers of an integration that use them.
const own =
  /^(authorization|connection|content-length|content-md5|date|expect|host|max-forwards|proxy-authenticate|server|te|trailer|transfer-encoding|upgrade|via|www-authenticate)$/i;

export const remapped = (name: string): string =>
  own.test(name) ? `x-amzn-remapped-${name.toLowerCase()}` : name;
