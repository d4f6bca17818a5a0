// Links and headings of a Markdown page, as GitHub and npm show them.

/** What stands in code is no link. Addresses elsewhere are left out. */
export const linksIn = (page: string): string[] =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

/** The names of its sections. */
export const anchorsOf = (page: string): string[] =>
  [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

const withoutCode = (page: string): string => page.replace(/^ *```[\s\S]*?^ *```/gm, '');
