// Vue 3: a plugin, and a composable that follows the session.
import {
  type InjectionKey,
  inject,
  onScopeDispose,
  type Plugin,
  type ShallowRef,
  shallowRef,
} from 'vue';
import { type Bff, createBff, type Options, type State } from '../index.ts';

const key: InjectionKey<Bff> = Symbol('bff');

/** `app.use(bffPlugin)`, `app.use(bffPlugin, options)`, or with an existing `bff`. */
export const bffPlugin: Plugin<[(Options | { bff: Bff })?]> = {
  install(app, options) {
    app.provide(key, options && 'bff' in options ? options.bff : createBff(options));
  },
};

export function useBff(): Bff {
  const bff = inject(key);
  if (!bff) throw new Error('useBff needs app.use(bffPlugin)');
  return bff;
}

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function useSession(): Readonly<ShallowRef<State>> {
  const bff = useBff();
  const state = shallowRef(bff.state);
  // A page rendered on a server has nothing to watch.
  if (typeof document === 'object') {
    onScopeDispose(
      bff.onChange((next) => {
        state.value = next;
      }),
    );
  }
  return state;
}

/** For a router's beforeEnter: lets the user in, or signs them in and returns to the route they wanted. */
export const signedIn =
  (bff: Bff, base = '') =>
  async (to: { fullPath: string }): Promise<boolean> => {
    if ((bff.state.endsAt ?? 0) > Date.now()) return true;
    const { authenticated } = await bff.session();
    if (!authenticated) bff.login({ returnTo: base + to.fullPath });
    return authenticated;
  };
