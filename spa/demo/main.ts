// The demo as it can be deployed.
import './main.css';
import { start } from './app.ts';
import { pages } from './pages/index.ts';

start(pages);
