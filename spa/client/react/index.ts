'use client';
// React 18 and 19: <BffProvider>, and hooks that render again when the session changes.
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useState,
  useSyncExternalStore,
} from 'react';
import { type Bff, createBff, type Options, type State } from '../index.ts';

const Context = createContext<Bff | undefined>(undefined);

/** Pass a `bff` that the rest of the application shares, or only `options`. */
export function BffProvider(props: {
  bff?: Bff;
  options?: Options;
  children?: ReactNode;
}): ReactElement {
  const [own] = useState(() => props.bff ?? createBff(props.options));
  return createElement(Context.Provider, { value: props.bff ?? own }, props.children);
}

export function useBff(): Bff {
  const bff = useContext(Context);
  if (!bff) throw new Error('useBff needs a <BffProvider> above it');
  return bff;
}

/** The state of the session. Asks once, then follows every change, in other tabs too. */
export function useSession(): State {
  const bff = useBff();
  return useSyncExternalStore(
    bff.onChange,
    () => bff.state,
    () => unknown,
  );
}

/** `fetch` through the broker; the same function on every render. */
export const useBffFetch = (): Bff['fetch'] => useBff().fetch;

/** A page rendered on a server does not know the session. */
const unknown: State = { kind: 'unknown' };
