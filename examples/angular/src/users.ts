import { httpResource } from '@angular/common/http';
import { Component } from '@angular/core';

interface User {
  id: string;
  profile: { email: string };
}

@Component({
  selector: 'app-users',
  template: `
    @if (users.error(); as error) {
      <p role="alert">{{ error.message }}</p>
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
}
