// What browsers did to bind their sessions to their devices, as the functions logged it. No page sees these requests: the
// browser itself makes them.

export interface DeviceEvent {
  /** The id of the request. */
  id: string;
  /** Epoch milliseconds. */
  at: number;
  what: 'bound' | 'refreshed' | 'refused';
  /** Why a proof was refused. */
  reason?: string;
}

const named: Record<string, DeviceEvent['what']> = {
  'device.bound': 'bound',
  'device.refreshed': 'refreshed',
  'device.proof_refused': 'refused',
};

export const deviceEvents = (logs: readonly { line: string }[]): DeviceEvent[] =>
  logs
    .filter(({ line }) => line.startsWith('{') && line.includes('"device.'))
    .flatMap(({ line }) => {
      const { message, request_id: id, timestamp, reason } = JSON.parse(line);
      const what = named[message];
      return what ? [{ id, at: Date.parse(timestamp), what, ...(reason && { reason }) }] : [];
    });
