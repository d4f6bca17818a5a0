// Vue 3: a plugin, and a composable that follows the session.
import {
  type InjectionKey,
  inject,
  onScopeDispose,
  type Plugin,
  type ShallowRef,
  shallowRef,
} from 'vue';
import { type Bff, createBff, type Options, type User } from '../index.ts';
import { type Seen, seen, sessionOf } from '../seen.ts';

export type { Seen } from '../seen.ts';

const key: InjectionKey<Bff<object>> = Symbol('bff');

/** `app.use(bffPlugin)`, `app.use(bffPlugin, options)`, or with an existing `bff`. */
export const bffPlugin: Plugin<[(Options | { bff: Bff<object> })?]> = {
  install(app, options) {
    app.provide(key, options && 'bff' in options ? options.bff : createBff(options));
  },
};

/** The client of the plugin. */
export function useBff<Claims extends object = User>(): Bff<Claims> {
  const bff = inject(key);
  if (!bff) throw new Error('useBff needs app.use(bffPlugin)');
  return bff as Bff<Claims>;
}

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function useSession<Claims extends object = User>(): Readonly<ShallowRef<Seen<Claims>>> {
  const bff = useBff<Claims>();
  const state = shallowRef(seen(bff.state));
  // A page rendered on a server has nothing to watch.
  if (typeof document === 'object') {
    onScopeDispose(
      bff.onChange((next) => {
        state.value = seen(next);
      }),
    );
  }
  return state;
}

/** For a router's beforeEnter: lets the user in, or signs them in and returns to the route they wanted. */
export const signedIn =
  (bff: Bff<object>, base = '') =>
  async (to: { fullPath: string }): Promise<boolean> => {
    if (await sessionOf(bff)) return true;
    bff.login({ returnTo: base + to.fullPath });
    return false;
  };
