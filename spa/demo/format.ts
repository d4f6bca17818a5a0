// Formats facts for people.

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const when = (epochSeconds: number): string => dateTime.format(epochSeconds * 1000);

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export const timeOf = (epochMs: number): string => time.format(epochMs);

/** `2:05`, or `3 h 20 min` above an hour. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const initials = (name: string): string =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word[0]?.toUpperCase())
    .filter((_, at, all) => at === 0 || at === all.length - 1)
    .join('');

const levels: Record<string, string> = {
  'urn:okta:loa:1fa:any': 'One factor',
  'urn:okta:loa:2fa:any': 'Two factors',
  'urn:okta:loa:2fa:any:ifpossible': 'Two factors',
  phr: 'Phishing-resistant',
};

export const level = (acr: string | undefined): string => (acr && levels[acr]) || acr || 'Unknown';

const methods: Record<string, string> = {
  pwd: 'password',
  otp: 'one-time code',
  hwk: 'security key',
  swk: 'software key',
  mfa: '',
};

export const method = (amr: string[] | undefined): string =>
  (amr ?? [])
    .map((name) => methods[name] ?? name)
    .filter(Boolean)
    .join(' and ');
