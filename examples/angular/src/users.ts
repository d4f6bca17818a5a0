import { type HttpErrorResponse, httpResource } from '@angular/common/http';
import { Component, computed } from '@angular/core';

interface User {
  id: string;
  profile: { email: string };
}

@Component({
  selector: 'app-users',
  template: `
    @if (problem(); as text) {
      <p role="alert">{{ text }}</p>
    } @else {
      <ul>
        @for (user of users.value(); track user.id) {
          <li>{{ user.profile.email }}</li>
        }
      </ul>
    }
  `,
})
export class Users {
  readonly users = httpResource<User[]>(() => '/bff/api/v1/users?limit=10');
  /** In the words of Okta, or of the broker. */
  readonly problem = computed(() => {
    const failed = this.users.error() as HttpErrorResponse | undefined;
    return failed && (failed.error?.errorSummary ?? failed.error?.title ?? failed.message);
  });
}
