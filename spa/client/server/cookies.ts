// The broker's cookies among those of a request. No other cookie is passed on, and none is left out: when two have the
// same name, the broker refuses both.
const names = ['__Host-Http-bff', '__Host-bff-device'];

export const ourCookies = (header: string | undefined): string =>
  (header ?? '')
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => names.includes(pair.split('=', 1)[0]?.replace(/[ \t]+$/, '') ?? ''))
    .join('; ');
