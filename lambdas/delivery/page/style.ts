import { Html } from './html.ts';

/**
 * The style of all pages, in the page itself: a page is one file that asks for nothing. Colours have a contrast of 4.5 to 1 or more
 * in light and in dark; a meaning is never told by colour alone.
 */
export const STYLE = new Html(`
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --card: #f6f8fa; --line: #d0d7de;
  --good: #1a7f37; --bad: #b3261e; --bar: #2f6feb; --bar-bad: #b3261e; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #a3adb8; --paper: #0d1117; --card: #161b22; --line: #3d444d;
    --good: #56d364; --bad: #ff938a; --bar: #539bf5; --bar-bad: #ff938a; --link: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.outcome { font-weight: 700; font-size: 1.1rem; margin-top: .5rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
.failure { border: 1px solid var(--bad); border-left-width: 6px; border-radius: 6px; padding: .75rem 1rem; margin: 1rem 0; }
.failure h2 { margin: 0 0 .25rem; color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .5rem; margin: 1rem 0; padding: 0; }
.facts > div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; min-width: 0; }
.facts dt { color: var(--soft); font-size: .85rem; } .facts dd { margin: 0; font-size: 1.05rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; padding: .5rem .75rem; color: var(--soft); }
th, td { text-align: left; padding: .35rem .75rem; border-top: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
thead th { border-top: 0; background: var(--card); } tbody th { font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td.words { white-space: normal; min-width: 14rem; overflow-wrap: anywhere; }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .25rem 0; }
.track { position: relative; display: block; width: 100%; min-width: 12rem; height: 1.4rem; overflow: hidden; }
.bar { position: absolute; top: .3rem; height: .8rem; min-width: 3px; border-radius: 2px; background: var(--bar); }
.bar.bad { background: var(--bar-bad); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow-x: auto; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere; }
@media print { details { display: block; } .scroll { overflow: visible; } }
`);
