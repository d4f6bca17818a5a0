// A REST API reserves some names of headers, and renames what an integration says under them.
const own =
  /^(authorization|connection|content-length|content-md5|date|expect|host|max-forwards|proxy-authenticate|server|te|trailer|transfer-encoding|upgrade|via|www-authenticate)$/i;

export const remapped = (name: string): string =>
  own.test(name) ? `x-amzn-remapped-${name.toLowerCase()}` : name;
