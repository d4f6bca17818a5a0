import { bffPlugin } from 'okta-dpop-bff/client/vue';
import { createApp } from 'vue';
import App from './App.vue';

createApp(App).use(bffPlugin).mount('#app');
