// The package's index brings fetch, caches and mocks along; the pool alone is a third of it.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
