// The package's index also brings fetch, caches and mocks; the pool alone is a third of its size.
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
