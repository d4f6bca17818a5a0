// A signed-in browser for Playwright, from the local system of `npm start`, without the sign-in page. For Node only.

/** Who is signed in, and where. */
export interface SignedInOptions {
  /** Where the local system is. Default: `http://localhost:3000`. */
  url?: string;
  /** One of the stand-in's people: `ada`, `grace` or `mary`. Default: `ada`. */
  user?: string;
  /** The level of the sign-in, as in `login({ acrValues })`. */
  acrValues?: string;
}

/** What `storageState` of Playwright takes. */
export interface StorageState {
  /** The cookies of the session. */
  cookies: {
    name: string;
    value: string;
    domain: string;
    path: string;
    expires: number;
    httpOnly: boolean;
    secure: boolean;
    sameSite: 'Strict' | 'Lax' | 'None';
  }[];
  /** Nothing is in the storage of any origin. */
  origins: [];
}

/** A session of its own for each call: a test that signs out disturbs no other. */
export async function signedInState({
  url = 'http://localhost:3000',
  user = 'ada',
  acrValues,
}: SignedInOptions = {}): Promise<StorageState> {
  const at = new URL('/__local/sessions', url);
  const response = await fetch(at, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, acr_values: acrValues }),
  }).catch((cause) => {
    throw new Error(`Nothing answers at ${at.origin}: is npm start running?`, { cause });
  });
  const answer = (await response.json().catch(() => ({}))) as StorageState & { error?: string };
  if (!response.ok) {
    throw new Error(`${at} answered ${response.status}: ${answer.error ?? 'is this npm start?'}`);
  }
  return answer;
}

/** For `test.extend(signedIn('ada'))`: each test begins with a session of this person. */
export const signedIn = (user?: string, more: Omit<SignedInOptions, 'user'> = {}) => ({
  storageState: async (
    { baseURL }: { baseURL?: string | undefined },
    use: (state: StorageState) => Promise<void>,
  ): Promise<void> =>
    use(await signedInState({ ...(baseURL && { url: baseURL }), ...(user && { user }), ...more })),
});
