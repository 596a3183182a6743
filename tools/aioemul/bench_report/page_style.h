// The style sheet of the page.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_STYLE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_STYLE_H_

namespace aioemul::bench_report {

// Plots have a white ground of their own, in the dark, too.
inline constexpr char kPageStyle[] = R"css(
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1d2330; --quiet: #5b6472; --rule: #dfe3e8;
  --stripe: #f6f8fa; --ours: #e8f2f9; --link: #005a8c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181f; --ink: #e4e7ec; --quiet: #9aa4b2; --rule: #303743;
    --stripe: #1a1f28; --ours: #16303f; --link: #6cb8e6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 3rem 0 .25rem; padding-top: 1rem;
  border-top: 1px solid var(--rule); }
p, ul { margin: .5rem 0; max-width: 44rem; }
.quiet { color: var(--quiet); font-size: .875rem; }
a { color: var(--link); }
nav ul { padding: 0; list-style: none; columns: 18rem; max-width: none; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--stripe);
  white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; gap: .25rem 2rem; margin: .75rem 0; font-size: .875rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
dl div { display: grid; gap: 1rem;
  grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.plots { display: grid; gap: 1rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.plots img { display: block; width: 100%; max-width: 34rem; height: auto;
  background: #ffffff; border: 1px solid var(--rule); border-radius: 4px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom;
  white-space: normal; max-width: 7rem;
  border-bottom: 2px solid var(--rule); }
tbody { border-bottom: 1px solid var(--rule); }
tbody th { font-weight: 600; vertical-align: top; }
td.peer, th.peer { text-align: left; max-width: none; }
tr.ours td { background: var(--ours); }
td.spread { color: var(--quiet); }
.swatch { display: inline-block; width: .65rem; height: .65rem;
  margin-right: .45rem; border-radius: 2px; }
)css";

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_PAGE_STYLE_H_
