// Tags that mark a key as one of a broker's. Permissions go by them, so a rotation's new key needs no deployment.
export const keyTags = {
  broker: 'bff-broker',
  use: 'bff-use',
  /** The rotation that made the key, so that it is found after a crash. */
  rotation: 'bff-rotation',
} as const;
