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

/** The element of the page's frame. */
export function part(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`index.html has no ${selector}`);
  return found;
}
