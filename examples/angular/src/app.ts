import { Component, inject } from '@angular/core';
import { BFF, injectSession } from 'okta-dpop-bff/client/angular';
import { Users } from './users';

@Component({
  selector: 'app-root',
  imports: [Users],
  template: `
    @if (state().error; as error) {
      <p role="alert">{{ error.message }}</p>
    } @else if (state().kind === 'unknown') {
      <p>Loading…</p>
    } @else if (state().session; as session) {
      <p>{{ session.user.name }} <button type="button" (click)="signOut()">Sign out</button></p>
      <app-users />
    } @else {
      @if (bff.loginError) {
        <p role="alert">Signing in failed: {{ bff.loginError }}</p>
      }
      <a [href]="bff.loginUrl()">Sign in</a>
    }
  `,
})
export class App {
  readonly bff = inject(BFF);
  readonly state = injectSession();

  signOut() {
    this.bff.logout().catch(({ message }) => alert(`You are still signed in: ${message}`));
  }
}
