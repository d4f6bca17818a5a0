// What a device may sign with: Chromium knows these two.
export const deviceAlgs = ['ES256', 'RS256'] as const;
export type DeviceAlg = (typeof deviceAlgs)[number];
