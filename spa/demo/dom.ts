// Elements without a framework: h('p', { class: 'soft' }, 'text').

export type Child = Node | string | number | false | undefined | Child[];
type Value = string | number | boolean | undefined | ((event: Event) => unknown);

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, `${value}`);
  }
  element.append(...nodes(children));
  return element;
}

export function nodes(children: Child[]): (Node | string)[] {
  return children
    .flat(Number.POSITIVE_INFINITY as 1)
    .filter((child) => child !== undefined && child !== false)
    .map((child) => (typeof child === 'number' ? `${child}` : (child as Node | string)));
}

/**
 * Shows these children, and keeps the elements that already look right: a new element would lose the focus, and the key
 * or pointer that was just pressed.
 */
export function draw(parent: HTMLElement, ...children: Child[]): void {
  const { activeElement: here } = document;
  const inside = here !== null && parent.contains(here);
  const old = [...parent.childNodes];
  const fresh = document.createDocumentFragment();
  fresh.append(...nodes(children));
  const wanted = [...fresh.childNodes];
  for (const [index, node] of wanted.entries()) {
    const there = old[index];
    if (!there) parent.append(node);
    else if (!there.isEqualNode(node)) there.replaceWith(node);
  }
  for (const node of old.slice(wanted.length)) node.remove();
  if (!inside || parent.contains(here)) return;
  const controls = [...parent.querySelectorAll<HTMLElement>('a, button')];
  (controls.find((control) => control.textContent === here.textContent) ?? part('main')).focus(
    quietly,
  );
}

/** Sets the focus without scrolling the page. */
export const quietly = { preventScroll: true };

/** Finds an element of the page's frame. */
export function part(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`index.html has no ${selector}`);
  return found;
}
