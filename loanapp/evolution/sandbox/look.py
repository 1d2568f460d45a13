"""The sandbox page's style and script: one column on a phone, two beside each other elsewhere, light and dark."""

STYLE = """
:root{color-scheme:light dark;--page:#eef1f6;--panel:#fff;--line:#d9dee8;--text:#1b2130;--muted:#5a6478;
 --accent:#3a4fc4;--theirs:#fff;--mine:#dfe6ff;--wall:#e6eaf2;--read:#1f6fd6;--bad:#b3261e;--note:#fff4d6;--note-text:#6b4a00}
@media (prefers-color-scheme:dark){:root{--page:#10131a;--panel:#181c26;--line:#2c3342;--text:#e9ecf4;--muted:#a3adc2;
 --accent:#9db0ff;--theirs:#222836;--mine:#2b3a78;--wall:#12161f;--read:#74b0ff;--bad:#ff9a8f;--note:#3a2f12;
 --note-text:#ffdf94}}
*{box-sizing:border-box}html,body{height:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif;
 display:flex;flex-direction:column}
a{color:inherit;text-decoration:none}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
header{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:center;padding:.75rem 1rem;background:var(--panel);
 border-bottom:1px solid var(--line)}
h1{font-size:1.0625rem;margin:0}.note{background:var(--note);color:var(--note-text);border-radius:999px;
 padding:.125rem .625rem;font-size:.8125rem}.state{margin-left:auto;font-size:.8125rem;color:var(--muted)}
main{flex:1;min-height:0;display:grid;grid-template-columns:320px minmax(0,1fr)}
nav{background:var(--panel);border-right:1px solid var(--line);overflow-y:auto}
nav a{display:block;padding:.75rem 1rem;border-bottom:1px solid var(--line);min-height:44px}
nav a:hover{background:var(--page)}nav a[aria-current]{background:var(--mine)}
nav .top{display:flex;justify-content:space-between;gap:.5rem;font-weight:600;font-variant-numeric:tabular-nums}
nav time{font-weight:400;color:var(--muted);font-size:.8125rem}
nav .last{display:block;color:var(--muted);font-size:.875rem;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.chat{display:flex;flex-direction:column;min-height:0;min-width:0;background:var(--wall)}
.phone{flex:1;min-height:0;width:100%;max-width:460px;margin:1rem auto;display:flex;flex-direction:column;
 border:1px solid var(--line);border-radius:28px;overflow:hidden;background:var(--wall);box-shadow:0 8px 30px #0002}
.bar{display:flex;gap:.5rem;align-items:center;padding:.625rem 1rem;background:var(--panel);
 border-bottom:1px solid var(--line);font-weight:600;font-variant-numeric:tabular-nums}
.back{display:none;align-items:center;justify-content:center;width:44px;height:44px;margin:-.375rem 0 -.375rem -.75rem;
 font-size:1.5rem}
.texts{flex:1;min-height:0;overflow-y:auto;padding:1rem .75rem;display:flex;flex-direction:column;gap:.5rem}
.day{align-self:center;font-size:.75rem;color:var(--muted);background:var(--panel);border-radius:999px;
 padding:.125rem .75rem;border:1px solid var(--line)}
.text{max-width:88%;padding:.5rem .75rem;border-radius:14px;background:var(--theirs);align-self:flex-start;
 border:1px solid var(--line);border-top-left-radius:4px;overflow-wrap:anywhere}
.text.mine{align-self:flex-end;background:var(--mine);border-radius:14px;border-top-right-radius:4px}
.text p{margin:0;white-space:pre-wrap}
.foot{display:flex;justify-content:flex-end;gap:.375rem;align-items:center;font-size:.75rem;color:var(--muted);
 margin-top:.25rem}
.tick{width:18px;height:12px;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.READ,.PLAYED{color:var(--read)}.ERROR{color:var(--bad);font-weight:600}
.answers{display:flex;gap:.5rem;flex-wrap:wrap;padding:.5rem .75rem 0;background:var(--panel)}
.answer{display:flex;gap:.5rem;padding:.625rem .75rem;background:var(--panel)}
input,button{font:inherit;color:inherit;border-radius:999px;border:1px solid var(--muted);background:transparent;
 min-height:44px}
input::placeholder{color:var(--muted);opacity:1}
input{flex:1;min-width:0;padding:0 1rem}button{padding:0 1rem;cursor:pointer}
.answers button{font-size:.875rem}.answer button{background:var(--accent);border-color:var(--accent);color:var(--panel);
 font-weight:600}
.empty{margin:auto;max-width:28rem;padding:2rem 1rem;text-align:center;color:var(--muted)}
@media (max-width:720px){main{grid-template-columns:minmax(0,1fr)}nav{border-right:0}.back{display:inline-flex}
 body:not(.chosen) .chat{display:none}.chosen nav,.chosen header{display:none}
 .phone{margin:0;border:0;border-radius:0;max-width:none;box-shadow:none}}
"""

# Asks for the page again every while and changes only what shows texts, so that what is being typed stays.
SCRIPT = """
const bottom=()=>{const t=document.getElementById('texts');if(t)t.scrollTop=t.scrollHeight};
bottom();
setInterval(async()=>{
  if(document.hidden)return;
  try{
    const page=new DOMParser().parseFromString(await (await fetch(location.href)).text(),'text/html');
    for(const id of ['state','phones','texts']){
      const old=document.getElementById(id),now=page.getElementById(id);
      if(!old||!now){if(!!old!==!!now)location.reload();continue}
      if(old.innerHTML===now.innerHTML)continue;
      const atEnd=old.scrollHeight-old.scrollTop-old.clientHeight<40;
      old.innerHTML=now.innerHTML;
      if(id==='texts'&&atEnd)bottom();
    }
  }catch{}
},1500);
"""
