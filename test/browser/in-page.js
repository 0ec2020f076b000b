// Runs in the browser: each test evaluates this text and calls one of its functions.

/** Looks at the page as it is laid out: what is wider than the screen, overlaps, is cut, or has too little contrast. */
function lookAt() {
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0;
  };
  const texts = [...document.querySelectorAll('h1, h2, p, dt, dd, summary, caption, th, td, li')].filter(
    visible,
  );
  const leaf = texts.filter(
    (element) => !texts.some((other) => other !== element && element.contains(other)),
  );
  const overlapping = [];
  leaf.forEach((left, index) => {
    const a = left.getBoundingClientRect();
    for (const right of leaf.slice(index + 1, index + 60)) {
      if (left.closest('.scroll') !== right.closest('.scroll')) continue;
      const b = right.getBoundingClientRect();
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) overlapping.push(`${left.textContent} / ${right.textContent}`);
    }
  });
  const cut = leaf
    .filter(
      (element) =>
        element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline',
    )
    .filter((element) => !element.closest('.scroll'))
    .map((element) => element.textContent ?? '');
  const numbers = (color) => (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const light = (color) =>
    numbers(color)
      .map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((total, part, index) => total + part * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
  const backgroundOf = (element) => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return /, 0\)$|transparent/.test(backgroundColor) ? backgroundOf(element.parentElement) : backgroundColor;
  };
  const faint = leaf
    .filter((element) => {
      const pair = [light(getComputedStyle(element).color), light(backgroundOf(element))].sort(
        (x, y) => y - x,
      );
      return ((pair[0] ?? 0) + 0.05) / ((pair[1] ?? 0) + 0.05) < 4.5;
    })
    .map((element) => element.textContent ?? '');
  return { wider: document.documentElement.scrollWidth > window.innerWidth, overlapping, cut, faint };
}

/** What a screen reader is told of the page's order. */
function structure() {
  return {
    language: document.documentElement.lang,
    title: document.title,
    headings: [...document.querySelectorAll('h1, h2, h3')].map((heading) => Number(heading.tagName[1])),
    unnamed: [...document.querySelectorAll('table')].filter((table) => !table.caption?.textContent).length,
    loose: [...document.querySelectorAll('th')].filter((cell) => !cell.scope).length,
  };
}

/** How the focus is shown. */
function focusOutline() {
  return getComputedStyle(document.activeElement ?? document.body).outlineStyle;
}

Object.assign(globalThis, { lookAt, structure, focusOutline });
