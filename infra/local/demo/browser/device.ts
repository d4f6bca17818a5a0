// The requests by which browsers bind their sessions and renew their bound cookies, as lines of the diagram.
import type { DeviceEvent } from '../device-events.ts';
import type { Diagram } from './diagram.ts';
import type { Step } from './steps.ts';

/** Asks again and again, because no script of a page is told. */
export function watchDevice(diagram: Pick<Diagram, 'add'>, signal: AbortSignal): { clear(): void } {
  const seen = new Set<string>();
  let from = 0;
  const look = async () => {
    const answer = await fetch('/__local/device', { signal }).catch(() => undefined);
    if (!answer?.ok) return;
    for (const event of (await answer.json()) as DeviceEvent[]) {
      if (event.at < from || seen.has(event.id)) continue;
      seen.add(event.id);
      diagram.add(deviceStep(event));
    }
  };
  void look();
  const timer = setInterval(look, 1_000);
  signal.addEventListener('abort', () => clearInterval(timer));
  return {
    clear: () => {
      from = Date.now();
    },
  };
}

const told: Record<DeviceEvent['what'], Pick<Step, 'title' | 'answer' | 'kind'>> = {
  bound: { title: '/bff/device/register', answer: '200 bound', kind: 'good' },
  refreshed: { title: '/bff/device/refresh', answer: '200 ten more minutes', kind: 'good' },
  refused: { title: '/bff/device', answer: '403 prove it', kind: 'bad' },
};

const deviceStep = ({ at, what, reason }: DeviceEvent): Step => ({
  at,
  from: 'browser',
  to: 'broker',
  ...told[what],
  tags: ['device'],
  details: [
    ['sent', 'by the browser itself: a challenge, signed by the key of the device'],
    ...(reason ? [['refused for', reason] as [string, string]] : []),
  ],
});
