"""How form pages look, in the light and in the dark."""

STYLE = """
:root{color-scheme:light dark;--paper:#f4f5f7;--sheet:#fff;--ink:#1d2330;--soft:#5b6475;--line:#8a93a5;
--accent:#1a5fb4;--on:#fff;--bad:#b3261e;--bad-back:#fdecea}
@media (prefers-color-scheme:dark){:root{--paper:#14171d;--sheet:#1e222b;--ink:#e8ebf1;--soft:#a9b2c3;--line:#6b7589;
--accent:#8ab8f5;--on:#10141b;--bad:#ffb4ab;--bad-back:#3b1f1d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:40rem;margin:3rem auto;padding:2.25rem 2.5rem;background:var(--sheet);border-radius:.75rem;
box-shadow:0 1px 3px rgba(0,0,0,.18)}
h1{margin:0 0 1rem;font-size:1.65rem;line-height:1.25}
h2{margin:2rem 0 .75rem;font-size:1.15rem}
p{margin:0 0 1rem}
a{color:var(--accent)}
img{max-width:100%;height:auto;border-radius:.4rem}
.field,fieldset{margin:0 0 1.4rem;padding:0;border:0;min-width:0}
label,legend{display:block;padding:0;margin:0 0 .35rem;font-weight:600}
.needed,.hint{color:var(--soft);font-weight:400;font-size:.9rem}
.hint{margin:0 0 .4rem}
input:not([type=checkbox]):not([type=radio]):not([type=file]),select,textarea{width:100%;padding:.6rem .75rem;
font:inherit;color:inherit;background:var(--sheet);border:1px solid var(--line);border-radius:.4rem}
textarea{resize:vertical}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
[aria-invalid=true]{border-color:var(--bad)!important}
.choice{display:flex;gap:.6rem;align-items:baseline;font-weight:400}
.choice input{accent-color:var(--accent);flex:none}
.row{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem}
.acts{display:flex;gap:.75rem;margin:2rem 0 0}
button{padding:.65rem 1.4rem;font:inherit;font-weight:600;color:var(--on);background:var(--accent);
border:1px solid var(--accent);border-radius:.4rem;cursor:pointer}
button.second{color:var(--accent);background:none}
.progress{display:flex;gap:.75rem;align-items:center;color:var(--soft);font-size:.9rem}
progress{width:9rem;height:.5rem;accent-color:var(--accent)}
.wrong{margin:0 0 1.5rem;padding:.9rem 1.1rem;background:var(--bad-back);border-left:4px solid var(--bad);
border-radius:.3rem}
.wrong p{margin:0 0 .3rem;font-weight:600}
.wrong ul{margin:0;padding-left:1.2rem}
.bad{margin:0 0 .4rem;color:var(--bad);font-size:.9rem}
.trap{position:absolute;left:-9999px}
@media (max-width:44rem){main{margin:0;min-height:100vh;padding:1.5rem 1.25rem;border-radius:0;box-shadow:none}}
"""
