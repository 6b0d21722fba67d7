"""How the page looks: one style sheet, no script."""

CSS = """
:root { --ink: #1d2127; --soft: #59616b; --line: #d9dde2; --paper: #fff; --tint: #f4f6f8; --measured: #eef4fb;
  --holds: #1a6b34; --opposite: #a8201f; --open: #59616b; --warn: #7a4b00; --warnback: #fff6e0 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #a3acb7; --line: #3a424c; --paper: #15181c;
  --tint: #1e2328; --measured: #1a2633; --holds: #6fd08c; --opposite: #ff9089; --open: #a3acb7; --warn: #f3c976;
  --warnback: #33290f } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem }
p { margin: .4rem 0 .8rem; max-width: 46rem }
a { color: inherit }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: 1rem 0 0 }
small, .soft { color: var(--soft) }
small { font-size: .82em }
.label { background: var(--warnback); color: var(--warn); border-radius: .3rem; padding: .6rem .8rem; margin: 1rem 0;
  max-width: 46rem }
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .25rem 1rem; margin: .5rem 0 }
dl.facts dt { color: var(--soft) }
dl.facts dd { margin: 0 }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; border: 1px solid var(--line); border-radius: .3rem }
.wide { overflow-x: auto }
.wide img { min-width: 35rem; max-width: none }
.scroll:focus-visible, .wide:focus-visible { outline: 2px solid var(--soft); outline-offset: 2px }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal }
th, td { padding: .35rem .4rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
tbody tr:last-child > * { border-bottom: 0 }
thead th { background: var(--tint); vertical-align: bottom; font-weight: 600 }
tbody th { font-weight: 500; min-width: 6.5rem; max-width: 18rem; background: var(--paper) }
tbody th, thead tr:first-child th:first-child { position: sticky; left: 0; z-index: 1 }
p.key { margin: .15rem 0 }
td.number, th.number { text-align: right }
td.number, th.number:not(.measured) { white-space: nowrap }
th.measured, td.measured { background: var(--measured) }
.claim { border: 1px solid var(--line); border-left: .35rem solid var(--open); border-radius: .3rem;
  padding: .6rem .8rem; margin: .6rem 0 }
.claim p { margin: 0 0 .3rem }
.claim.holds { border-left-color: var(--holds) }
.claim.opposite { border-left-color: var(--opposite) }
.verdict { font-weight: 600; color: var(--open) }
.holds .verdict { color: var(--holds) }
.opposite .verdict, .failed .verdict { color: var(--opposite) }
details { margin: .6rem 0 }
summary { cursor: pointer; padding: .25rem 0 }
figure { margin: 1.2rem 0 2rem }
figure img { max-width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: .3rem }
figcaption { font-size: .9rem; max-width: 46rem }
pre { background: var(--tint); padding: .6rem .8rem; border-radius: .3rem; overflow-x: auto; font-size: .8rem;
  white-space: pre-wrap }
code { font-size: .9em }
@media (max-width: 34rem) { dl.facts { grid-template-columns: 1fr; gap: 0 } dl.facts dd { margin-bottom: .4rem }
  tbody th { max-width: 9rem } }
@media print { .scroll { overflow: visible } details > * { display: block } }
"""
