// Tags by which a key belongs to a broker. Permissions follow them, so a key made by a rotation needs no deployment.
export const keyTags = {
  broker: 'bff-broker',
  use: 'bff-use',
  /** The rotation that made the key: whoever comes after a crash finds it. */
  rotation: 'bff-rotation',
} as const;
