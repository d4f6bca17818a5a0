// How this app reacts to a session that ended or is not strong enough: it asks, and never takes a half-written page
// away.
import type { Bff, SignInNeed } from '../client/index.ts';
import { h } from './dom.ts';

let open: HTMLDialogElement | undefined;

/** `declined`: the user stays signed out. */
export function askToSignIn(
  bff: Bff,
  { kind, url }: Pick<SignInNeed, 'kind' | 'url'>,
  declined: () => void,
): void {
  closeDialog();
  const [title, text, go] =
    kind === 'step_up'
      ? [
          'One more step',
          'Okta requires a stronger sign-in for this. You will come back to this page.',
          'Continue',
        ]
      : [
          'Your session has ended',
          'Sign in, and you will come back to this page. What you typed here and did not send is not kept.',
          'Sign in',
        ];
  const dialog: HTMLDialogElement = h(
    'dialog',
    { 'aria-labelledby': 'ask-title', 'aria-describedby': 'ask-text' },
    h('h2', { id: 'ask-title' }, title),
    h('p', { id: 'ask-text' }, text),
    h(
      'div',
      { class: 'row end' },
      h('button', { type: 'button', class: 'quiet', click: () => dialog.close() }, 'Not now'),
      h('a', { class: 'button', href: url, autofocus: true }, go),
    ),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (open === dialog) open = undefined;
    // Cancelling a step-up leaves the session as it was.
    if (bff.state.kind === 'step_up') bff.session().catch(() => {});
    else if (bff.state.kind === 'signed_out') declined();
  });
  document.body.append(dialog);
  dialog.showModal();
  open = dialog;
}

export function closeDialog(): void {
  open?.close();
}
