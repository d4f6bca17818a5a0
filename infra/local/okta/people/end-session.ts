// The end of a session at Okta: a browser navigation that clears the sign-in and tells the apps. oidc-provider has
// checked the hint and the post-logout URI. Its confirmation page is skipped, because Okta has none.
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Org } from '#infra/local/okta/org.ts';
import { logoutPage } from './pages.ts';

export async function endSession(org: Org, ctx: KoaContextWithOIDC): Promise<void> {
  const { session, provider } = ctx.oidc;
  if (!session) return;
  const { accountId = '' } = session;
  const frames: string[] = [];
  for (const [clientId, { sid }] of Object.entries(session.authorizations ?? {})) {
    const app = org.clients.get(clientId);
    if (app?.frontchannelLogoutUri && sid) {
      const frame = new URL(app.frontchannelLogoutUri);
      frame.searchParams.set('iss', ctx.oidc.issuer);
      frame.searchParams.set('sid', sid);
      frames.push(frame.href);
    }
    // Okta's published metadata name no back-channel logout; other servers' do.
    if (app?.backchannelLogoutUri && sid) await backchannel(org, ctx, clientId, accountId, sid);
  }
  await session.destroy();
  ctx.cookies.set(provider.cookieName('session'), null);
  leave(ctx, frames);
}

/** Redirects to the registered URI, through a page if iframes must load first. */
export function leave(ctx: KoaContextWithOIDC, frames: string[] = []): void {
  const { post_logout_redirect_uri: uri, state } = ctx.oidc.params ?? {};
  let target: string | undefined;
  if (typeof uri === 'string') {
    const url = new URL(uri);
    if (typeof state === 'string') url.searchParams.set('state', state);
    target = url.href;
  }
  if (target && frames.length === 0) {
    ctx.status = 302;
    ctx.redirect(target);
    return;
  }
  ctx.status = 200;
  ctx.type = 'html';
  ctx.body = logoutPage(frames, target);
}

interface LogoutClient {
  backchannelLogout(sub: string, sid: string): Promise<void>;
}

async function backchannel(
  org: Org,
  ctx: KoaContextWithOIDC,
  clientId: string,
  sub: string,
  sid: string,
): Promise<void> {
  const client = (await ctx.oidc.provider.Client.find(clientId)) as unknown as LogoutClient;
  const path = new URL(org.clients.get(clientId)?.backchannelLogoutUri ?? ctx.oidc.issuer).pathname;
  const event = {
    kind: 'backchannel_logout',
    server: 'org',
    method: 'POST',
    path,
    clientId,
  } as const;
  try {
    await client.backchannelLogout(sub, sid);
    org.events.add({ ...event, status: 200 });
  } catch (error) {
    const status = (error as { response?: Response }).response?.status ?? 0;
    org.events.add({ ...event, status, error: 'not_delivered' });
  }
}
