/** Makes elements. Text is always set as text, never as markup: names and words come from strangers. */

type Attributes = Readonly<Record<string, string>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets the text only when it differs, so that nothing is laid out again for nothing. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function button(className: string, label: string, content: string, run: () => void): HTMLButtonElement {
  const made = element("button", className, { type: "button", "aria-label": label, title: label }, content);
  made.addEventListener("click", () => {
    made.blur();
    run();
  });
  return made;
}
