import { provideHttpClient, withInterceptors } from '@angular/common/http';
import { bootstrapApplication } from '@angular/platform-browser';
import { bffInterceptor, provideBff } from 'okta-dpop-bff/client/angular';
import { App } from './app';

void bootstrapApplication(App, {
  providers: [provideBff(), provideHttpClient(withInterceptors([bffInterceptor]))],
});
