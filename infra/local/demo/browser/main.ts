// The demo of a local run: the deployable pages, and two more.
import '#spa/demo/main.css';
import './inside.css';
import { start } from '#spa/demo/app.ts';
import { pages } from '#spa/demo/pages/index.ts';
import { inside } from './inside.ts';
import { orders } from './orders.ts';

start([inside, ...pages, orders]);
