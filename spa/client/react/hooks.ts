'use client';
// <BffProvider>, and hooks that render again when the session changes.
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { type Bff, createBff, type Options, type State, type User } from '../index.ts';
import { type Seen, seen } from '../seen.ts';

const Context = createContext<Bff<object> | undefined>(undefined);

/** Pass a `bff` that the rest of the application shares, or only `options`. */
export function BffProvider(props: {
  bff?: Bff<object>;
  options?: Options;
  children?: ReactNode;
}): ReactElement {
  const [own] = useState(() => props.bff ?? createBff(props.options));
  return createElement(Context.Provider, { value: props.bff ?? own }, props.children);
}

/** The client of the provider above. */
export function useBff<Claims extends object = User>(): Bff<Claims> {
  const bff = useContext(Context);
  if (!bff) throw new Error('useBff needs a <BffProvider> above it');
  return bff as Bff<Claims>;
}

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function useSession<Claims extends object = User>(): Seen<Claims> {
  const bff = useBff<Claims>();
  const state = useSyncExternalStore<State<Claims>>(
    bff.onChange,
    () => bff.state,
    () => unknown,
  );
  return useMemo(() => seen(state), [state]);
}

/** `fetch` through the broker; the same function on every render. */
export const useBffFetch = (): Bff['fetch'] => useBff().fetch;

/** A page rendered on a server does not know the session. */
const unknown = { kind: 'unknown' } as const;
