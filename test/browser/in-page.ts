/**
 * What is asked inside the page. Each function is sent to the browser as text, so that it can use nothing from outside
 * itself; what it needs of the page's own types stands here, since the rest of the project knows no browser.
 */
interface PageElement {
  readonly tagName: string;
  readonly textContent: string | null;
  closest(selector: string): PageElement | null;
  getBoundingClientRect(): {
    readonly top: number;
    readonly left: number;
    readonly right: number;
    readonly bottom: number;
  };
  setAttribute(name: string, value: string): void;
  append(node: PageElement): void;
}

interface PageStyle {
  readonly backgroundColor: string;
  readonly color: string;
  readonly outlineStyle: string;
}

declare const document: {
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
  readonly body: PageElement;
  readonly activeElement: PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  createElement(name: string): PageElement & { text: string };
};
declare const window: { readonly scrollY: number; readonly ran?: boolean };
declare function getComputedStyle(node: PageElement): PageStyle;
declare const axe: {
  run(): Promise<{
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  }>;
};

export function widths(): { wide: number; room: number } {
  const { scrollWidth, clientWidth } = document.documentElement;
  return { wide: scrollWidth, room: clientWidth };
}

export function bodyStyle(): { ground: string; ink: string } {
  const { backgroundColor, color } = getComputedStyle(document.body);
  return { ground: backgroundColor, ink: color };
}

/** What has the focus, and whether one sees it; null: nothing in the page. */
export function focused(): { text: string; outline: string } | null {
  const node = document.activeElement;
  if (node === null || node === document.body) return null;
  return { text: node.textContent ?? '', outline: getComputedStyle(node).outlineStyle };
}

/** Once axe is in the page: what it objects to. */
export async function objections(): Promise<string[]> {
  const { violations } = await axe.run();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** What reaches beyond the right edge of the page, where nobody sees it. */
export function outside(): string[] {
  return [...document.querySelectorAll('body *')]
    .filter(node => !node.closest('.skip, thead, svg'))
    .filter(node => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(node => `${node.tagName}: ${node.textContent?.slice(0, 60)}`);
}

export function unfold(): void {
  for (const node of document.querySelectorAll('details')) node.setAttribute('open', '');
}

/** Puts a script and a style into the page, as evidence that got through would; says whether they had an effect. */
export function intrude(): { script: boolean; style: boolean } {
  const script = document.createElement('script');
  script.text = 'window.ran = true';
  document.body.append(script);
  const styled = document.createElement('p');
  styled.setAttribute('style', 'color: rgb(1, 2, 3)');
  document.body.append(styled);
  return { script: window.ran === true, style: getComputedStyle(styled).color === 'rgb(1, 2, 3)' };
}
