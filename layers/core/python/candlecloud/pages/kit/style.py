"""The style sheet: one accent, one grey for the benchmark, clay for what lies below zero; light, dark and paper."""

LIGHT = {
    "paper": "#fbfaf7",
    "card": "#ffffff",
    "ink": "#1b2227",
    "soft": "#565f68",
    "rule": "#dddad2",
    "grid": "#e8e6df",
    "accent": "#0b6a88",
    "benchmark": "#7d868f",
    "below": "#a8452f",
    "up1": "#e6f1f5",
    "up2": "#c4e0e9",
    "up3": "#94c8d8",
    "up4": "#5aa7be",
    "down1": "#f8e9e4",
    "down2": "#f0cfc4",
    "down3": "#e5ab98",
    "down4": "#d5866d",
}
DARK = {
    "paper": "#12161a",
    "card": "#181d22",
    "ink": "#e7eaec",
    "soft": "#a4adb6",
    "rule": "#333a41",
    "grid": "#262c32",
    "accent": "#5cc0de",
    "benchmark": "#8b949d",
    "below": "#e58d74",
    "up1": "#16303a",
    "up2": "#1b4554",
    "up3": "#205a70",
    "up4": "#266e89",
    "down1": "#38221c",
    "down2": "#562e23",
    "down3": "#75392a",
    "down4": "#8d4632",
}


def style_sheet() -> str:
    """The whole sheet; printing is always light."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return f":root{{{_variables(LIGHT)}}}{dark}{_RULES}"


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


_PAGE = """
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}
main{max-width:1060px;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1,h2,h3{line-height:1.25;font-weight:600;margin:0;text-wrap:balance}
h1{font-size:1.75rem;letter-spacing:-.01em}
h2{font-size:1.2rem;padding-top:2.25rem;margin-bottom:.75rem}
h3{font-size:.95rem;margin:1rem 0 .25rem}
p{margin:.5rem 0;max-width:75ch}
section{border-top:1px solid var(--rule);margin-top:2.25rem}
.kind{color:var(--soft);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;margin:0 0 .25rem}
.setting{color:var(--soft);display:flex;flex-wrap:wrap;gap:.1rem 1.25rem;max-width:none}
.verdict{font-size:1.1rem;margin:1.25rem 0;max-width:62ch}
.alert{border-left:4px solid var(--below);padding:.5rem 1rem;background:var(--card)}
.caption,figcaption,caption,summary{color:var(--soft);font-size:.85rem}
figcaption{max-width:85ch;margin-top:.35rem}
summary{cursor:pointer;padding:.4rem 0}
"""

_TABLES = """
dl{margin:0}
dd{margin:0}
.tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:1px;background:var(--rule);border:1px solid var(--rule);
border-radius:8px;overflow:hidden}
.tiles+p{margin-top:1rem}
.tiles>div{background:var(--card);padding:.9rem 1rem}
.tiles dt{color:var(--soft);font-size:.85rem}
.tiles .value{font-size:1.55rem;font-weight:600;line-height:1.35;white-space:nowrap}
.tiles .beside{color:var(--soft);font-size:.85rem}
section dl>div{display:grid;grid-template-columns:minmax(9rem,16rem) 1fr;gap:.25rem 1.25rem;padding:.4rem 0;
border-bottom:1px solid var(--grid);font-size:.9rem}
section dt{color:var(--soft)}
.scroll{overflow-x:auto;margin:.75rem 0}
table{overflow-wrap:normal;border-collapse:collapse;font-size:.9rem;width:100%}
caption{text-align:left;padding-bottom:.35rem}
caption span{display:block;position:sticky;left:0;width:max-content;max-width:min(85ch,100vw - 3rem)}
th,td{padding:.32rem .7rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid);font-weight:400}
thead th{color:var(--soft);border-color:var(--rule)}
th:first-child{text-align:left;padding-left:0}
tbody th[title]{text-decoration:underline dotted var(--rule);text-underline-offset:.25em;cursor:help}
.group{font-weight:600;padding-top:1rem}
.refused{text-align:left;color:var(--soft);white-space:normal}
.narrow{max-width:44rem}
.left th,.left td{text-align:left}
tbody th:first-child{position:sticky;left:0;background:var(--paper)}
.months{border-collapse:separate;border-spacing:2px;table-layout:auto}
.months th,.months td{border:0;padding:.4rem .3rem;text-align:center;border-radius:3px}
.months tbody th,.months th:first-child{text-align:left;position:sticky;left:0;
background:var(--paper);padding-right:.6rem}
.months .total{font-weight:600}
pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:1rem;overflow-x:auto;font-size:.8rem;
line-height:1.45;max-height:28rem}
code{font-size:.85em}
""" + "".join(f".{name}{{background:var(--{name})}}" for name in LIGHT if name[-1].isdigit())

_FIGURES = """
figure{margin:0 0 1.75rem}
.frame{padding:.6rem .4rem 2rem 3.6rem}
.frame{height:250px}
.frame.tall{height:360px}
.frame.low{height:230px}
.frame.square{height:330px}
.plot{display:block;overflow:visible}
.fill{overflow:visible}
.shapes{position:absolute}
.fill path{vector-effect:non-scaling-stroke}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}
.strategy{stroke:var(--accent)}
.benchmark{stroke:var(--benchmark);stroke-width:1.2}
.dot{stroke-width:6}
.area{stroke:none;fill:var(--accent);fill-opacity:.14}
.bar{fill:var(--accent);fill-opacity:.75;stroke:none}
.win{fill:var(--accent);fill-opacity:.7;stroke:none}
.loss{fill:none;stroke:var(--below);stroke-width:1.5}
.grid{stroke:var(--grid);stroke-width:1}
.base,.notch{stroke:var(--soft);stroke-width:1}
.upright{stroke:var(--below);stroke-width:1;stroke-dasharray:3 3}
.tick{fill:var(--soft);font-size:12px}
.left{text-anchor:end}
.below{text-anchor:middle}
.mark{text-anchor:end;fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px}
.first{text-anchor:start}
.last{text-anchor:end}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:0;padding:0;font-size:.85rem;
color:var(--soft)}
.legend .line{stroke-width:2.5}
.legend li{display:flex;align-items:center;gap:.4rem}
"""

_MEDIA = """
@media (max-width:640px){
body{font-size:15px}
main{padding:1.5rem 1rem 3rem}
h1{font-size:1.35rem}
.tiles{grid-template-columns:1fr 1fr}
.tiles>div:last-child:nth-child(odd){grid-column:1/-1}
.tiles .value{font-size:1.3rem}
.frame.tall{height:290px}
.frame.square{height:280px}
.frame{padding-left:3.3rem}
.odd{display:none}
section dl>div{grid-template-columns:1fr}
.tiles>div{padding:.75rem .7rem}
.narrow th,.narrow td{padding:.32rem .3rem}
.narrow th{white-space:normal}
.narrow th:first-child{padding-left:0}
.narrow .group{padding-top:1rem}
}
@media print{
:root{--paper:#fff}
body{font-size:10pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
figure,table,header,.tiles{break-inside:avoid}
h2,h3{break-after:avoid}
.scroll{overflow:visible}
pre{max-height:none;white-space:pre-wrap}
details::details-content{content-visibility:visible;display:block}
table{font-size:8.5pt}
th,td{padding:.2rem .3rem}
th,.left td{white-space:normal}
.left{font-size:7.5pt}
.months th,.months td{padding:.2rem}
.months{font-size:8pt}
}
"""

_RULES = (_PAGE + _TABLES + _FIGURES + _MEDIA).replace("\n", "")
