// A document for the frameworks to render into; the network and the clock stay Node's own.
// Imported for its effect, before the framework.
import { Window } from 'happy-dom';

const window = new Window({ url: 'http://localhost/' });
const wanted = /^(window|document|Node|Document|DocumentFragment|Text|Comment|\w*Element)$/;

for (const name of Object.getOwnPropertyNames(window)) {
  if (!wanted.test(name)) continue;
  Object.defineProperty(globalThis, name, { value: Reflect.get(window, name), configurable: true });
}
