// A document for the frameworks to render into; the network and the clock stay Node's own. A test file asks for it with
// `@vitest-environment`: frameworks look for a document when they are loaded, so it has to be there before them, and
// files that use it run in a process apart from those that must not find one.
import { Window } from 'happy-dom';

const wanted =
  /^(window|document|sessionStorage|Node|Document|DocumentFragment|Text|Comment|\w*Element)$/;

export default {
  name: 'dom',
  viteEnvironment: 'ssr',
  setup(global: object) {
    const window = new Window({ url: 'http://localhost/' });
    for (const name of Object.getOwnPropertyNames(window)) {
      if (!wanted.test(name)) continue;
      Object.defineProperty(global, name, {
        value: Reflect.get(window, name),
        configurable: true,
      });
    }
    return { teardown: () => window.happyDOM.close() };
  },
};
