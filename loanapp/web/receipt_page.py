"""The borrower's page of a receipt as HTML without a framework: one small answer for a phone, printed as a paper too.

It shows the words of `papers/receipt.py`.  Style and script stand in the page and are allowed by their hash alone.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape

from loanapp.papers.creditor import letterhead_of
from loanapp.papers.formats import brl
from loanapp.papers.receipt import TITLE, ReceiptWords, receipt_words
from loanapp.queries.receipts import Receipt

_STYLE = """
:root{color-scheme:light dark;--page:#f9f9fb;--panel:#fff;--text:#1c2024;--muted:#60646c;--line:#d9d9e0;
--primary:#3e63dd;--danger:#ce2c31;--danger-soft:#feebec}
@media (prefers-color-scheme:dark){:root{--page:#111113;--panel:#18191b;--text:#edeef0;--muted:#b0b4ba;--line:#363a3f;
--primary:#3e63dd;--danger:#ff9592;--danger-soft:#3b1219}}
*{box-sizing:border-box}
body{margin:0;padding:16px;background:var(--page);color:var(--text);font:16px/24px -apple-system,"Segoe UI",Roboto,
"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums lining-nums;-webkit-text-size-adjust:100%}
main{max-width:720px;margin:0 auto;padding:20px;background:var(--panel);border:1px solid var(--line);border-radius:12px}
header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:4px 24px;padding-bottom:16px;
border-bottom:1px solid var(--line)}
header p,h1,h2{margin:0}
header div+div{margin-top:4px}
h1{font-size:24px;line-height:30px}
h2{font-size:18px;line-height:26px;margin-top:24px}
.name{font-weight:600}.muted{color:var(--muted);font-size:14px;line-height:20px}
.amount{font-size:35px;line-height:40px;font-weight:700;margin:20px 0 8px}
.mark{margin:16px 0 0;padding:12px 16px;border-radius:8px;background:var(--danger-soft);color:var(--danger);
font-weight:600}
.gone{text-decoration:line-through}
dl{margin:16px 0 0}
dl div,.part div{display:flex;justify-content:space-between;gap:16px;padding:4px 0}
dt{color:var(--muted)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
.part{list-style:none;margin:8px 0 0;padding:8px 0 0;border-top:1px solid var(--line)}
.sum{font-weight:600}
ul{margin:0;padding:0}
.actions{display:flex;flex-wrap:wrap;gap:12px;margin-top:24px}
.actions a,.actions button{flex:1 1 160px;min-height:48px;display:flex;align-items:center;justify-content:center;
padding:0 16px;border-radius:6px;border:1px solid var(--muted);background:transparent;color:inherit;font:inherit;
font-weight:500;text-decoration:none;cursor:pointer}
.actions .primary{background:var(--primary);border-color:var(--primary);color:#fff}
:focus-visible{outline:2px solid var(--primary);outline-offset:2px}
@media (max-width:400px){main{padding:16px}}
@media print{:root{color-scheme:light;--page:#fff;--panel:#fff;--text:#000;--muted:#333;--line:#999;--danger:#000;
--danger-soft:#fff}body{padding:0;font-size:11pt;line-height:15pt}main{border:0;border-radius:0;padding:0;max-width:none}
.actions{display:none}.amount{font-size:20pt;line-height:24pt;margin:8pt 0}h1{font-size:16pt}h2{font-size:12pt;
margin-top:10pt}.mark{border:2px solid #000}.part{break-inside:avoid}}
@media print and (max-width:90mm){body{font-size:9pt;line-height:12pt}.amount{font-size:15pt;line-height:18pt}
header{display:block}}
"""
_NOTHING = brl(0)
_SCRIPT = 'document.querySelector("[data-print]")?.addEventListener("click",()=>window.print())'


def _source_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_source_of(_STYLE)}",
        f"script-src {_source_of(_SCRIPT)}",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def receipt_html(receipt: Receipt, *, pdf_address: str) -> str:
    """Return the page of a receipt; `pdf_address` is where the same receipt is a file."""
    written = receipt_words(receipt)
    letterhead = letterhead_of(receipt.creditor)
    tax_id = f"CNPJ {letterhead.tax_id}" if letterhead.tax_id else ""
    who = "".join(f'<p class="muted">{escape(line)}</p>' for line in (tax_id, letterhead.address, letterhead.contact))
    amount = dict(written.facts)["Valor recebido"]
    body = f"""
<header>
<div><p class="name">{escape(letterhead.name)}</p>{who}</div>
<div><h1>{TITLE}</h1><p class="muted">{escape(written.number)}</p></div>
</header>
{_mark(written)}
<p class="amount{" gone" if written.mark else ""}">{escape(amount)}</p>
<p>{escape(written.statement)}</p>
<dl>{"".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in written.facts)}</dl>
<h2>O que foi pago</h2>
<ul>{"".join(_part(written.headers, row) for row in written.rows)}</ul>
{"".join(f"<p>{escape(note)}</p>" for note in (written.notes[1:] if written.mark else written.notes))}
<p class="actions"><a class="primary" href="{escape(pdf_address)}" download>Baixar PDF</a>
<button type="button" data-print>Imprimir</button></p>
"""
    return _page(f"{TITLE} {written.number}", body)


def not_good_html() -> str:
    """Return the page of a link that opens nothing, whatever the reason: it says the same for each."""
    return _page(
        "Recibo não disponível",
        """
<h1>Recibo não disponível</h1>
<p>Este link não abre nenhum recibo. Ele vale por 90 dias e pode ter sido cancelado por quem o enviou.</p>
<p>Confira se o endereço está completo, ou peça um novo link à empresa que recebeu o seu pagamento.</p>
""",
    )


def fault_html(reference: str) -> str:
    """Return the page of a receipt that can't be read now; `reference` finds the fault in the log."""
    return _page(
        "Recibo não disponível agora",
        f"""
<h1>Não foi possível abrir agora</h1>
<p>Tente de novo em alguns minutos. Se continuar, informe o código {escape(reference)}.</p>
""",
    )


def _mark(written: ReceiptWords) -> str:
    return f'<p class="mark">{escape(written.mark)}. {escape(written.notes[0])}</p>' if written.mark else ""


def _part(headers: tuple[str, ...], row: tuple[str, ...]) -> str:
    """Return one invoice, an amount a line: a table of seven columns does not fit on a phone."""
    title = f"{row[0] if row[0].isalpha() else f'Parcela {row[0]}'} · vencimento {row[1]}"
    lines = [
        f"<div><span>{escape(header)}</span><span>{escape(value)}</span></div>"
        for header, value in zip(headers[2:-1], row[2:-1], strict=True)
        if value != _NOTHING
    ]
    total = f'<div class="sum"><span>{escape(headers[-1])}</span><span>{escape(row[-1])}</span></div>'
    return f'<li class="part"><span class="name">{escape(title)}</span>{"".join(lines)}{total}</li>'


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="referrer" content="no-referrer">
<meta name="format-detection" content="telephone=no">
<title>{escape(title)}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<style>{_STYLE}</style>
</head>
<body><main>{body}</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""
