// Notes an API call in the event feed before the answer leaves, so that whoever has the answer finds the event.
import type { IncomingMessage } from 'node:http';
import { type EventFeed, redactAll, seenProof } from '#infra/local/okta/switchboard/events.ts';

interface Outcome {
  status: number;
  error?: string | undefined;
  description?: string | undefined;
  /** The username of the person on whose behalf the call was made. */
  user?: string | undefined;
}

export async function noteCall(
  events: EventFeed,
  server: string,
  req: IncomingMessage,
  { status, error, description, user }: Outcome,
): Promise<void> {
  const [scheme, token] = (req.headers.authorization ?? '').split(' ');
  const proof = await seenProof(req.headers.dpop as string | undefined);
  const secrets = redactAll({ access_token: token });
  events.add({
    kind: 'api',
    server,
    method: req.method ?? '',
    path: (req.url ?? '/').split('?', 1)[0] ?? '/',
    status,
    ...(error ? { error } : {}),
    ...(description ? { description } : {}),
    ...(user ? { user } : {}),
    ...(scheme ? { scheme } : {}),
    ...(proof ? { proof } : {}),
    ...(secrets ? { secrets } : {}),
  });
}
