"""Words of signatures in the languages our users write: labels of telephone numbers, legal forms, titles, closings. Folded but for labels."""

from __future__ import annotations

from typing import Final

PHONE_LABELS: Final = (
    "tel", "tél", "tlf", "tfno", "tfn", "telf", "telefon", "telefono", "teléfono", "telefone", "téléphone", "telephone", "telefoon",
    "telefonnr", "phone", "ph", "mobile", "mobil", "mob", "mobiltelefon", "mobiel", "móvil", "movil", "móv", "handy", "natel", "gsm",
    "cell", "cel", "celular", "cellulare", "cellphone", "telemóvel", "telemovel", "tlm", "portable", "port", "fixe", "fijo", "fisso",
    "direct", "direkt", "durchwahl", "directo", "ligne directe", "office", "work", "büro", "bureau", "kom", "komórka", "kontakt",
    "puh", "puhelin", "matkapuhelin", "whatsapp", "cep", "телефон", "тел", "моб", "电话", "手机", "電話", "携帯", "전화", "휴대폰",
)  # fmt: skip
"""As they stand before a number, in any case."""
PHONE_LETTERS: Final = "tmpdhoc"
"""The same, with a colon or full stop behind them."""

_FORMS: Final = (
    "gmbh|gmbh co kg|co kg|ag|kg|ug|ohg|e k|ek|se|ltd|ltda|limited|llc|llp|lp|inc|incorporated|corp|corporation|plc|pty ltd|pte ltd|co|"
    "company|group|holding|holdings|s a|sa|s l|sl|s l u|slu|s a u|sau|s c|lda|l da|s r l|srl|srls|s p a|spa|snc|s a s|sas|sasu|sarl|s a r l|"
    "eurl|sca|scop|bv|b v|nv|n v|bvba|vof|ab|as|asa|a s|aps|oy|oyj|sp z o o|spolka z o o|sp j|s r o|spol s r o|kft|zrt|nyrt|"
    "doo|d o o|ooo|ооо|оао|зао|kk|kabushiki kaisha"
)
COMPANY_FORMS: Final = frozenset(_FORMS.split("|"))
"""What company names end with, as mail.folding.fold writes it."""

UNSPACED_FORMS: Final = ("株式会社", "有限公司", "有限会社", "주식회사")

_TITLES: Final = (
    "manager director head chief ceo cto cfo coo cio cmo vp president vice owner founder partner lead leader engineer developer architect "
    "consultant advisor adviser buyer purchaser purchasing procurement sales account executive assistant officer analyst specialist "
    "coordinator administrator accountant secretary representative supervisor agent broker attorney lawyer counsel professor "
    "leiter leiterin leitung geschaftsfuhrer geschaftsfuhrerin einkauf einkaufer einkauferin verkauf vertrieb vertriebsleiter "
    "buchhaltung sachbearbeiter sachbearbeiterin vorstand prokurist prokuristin inhaber inhaberin berater beraterin ingenieur "
    "directeur directrice responsable gerant gerante acheteur acheteuse achats ingenieur commercial commerciale comptable chef cheffe "
    "directora gerente jefe jefa compras comprador compradora ventas comercial ingeniero ingeniera contable asesor asesora "
    "diretor diretora comprador vendas engenheiro engenheira gestor gestora administrador administradora contabilista socio socia "
    "direttore direttrice responsabile acquisti vendite ingegnere titolare amministratore amministratrice ragioniere "
    "kierownik dyrektor specjalista prezes handlowiec ksiegowa ksiegowy zakupow sprzedazy "
    "directeur inkoper inkoop verkoop eigenaar bedrijfsleider adviseur hoofd "
    "inkopare forsaljning saljare vd chef ekonom innkjop salgssjef daglig leder toimitusjohtaja ostaja myyntipaallikko "
    "jednatel reditel nakupci obchodni mudur satin директор менеджер"
)
TITLES: Final = frozenset(_TITLES.split())
"""A word of these makes a line a title where no name stands above it."""

_CLOSINGS: Final = (
    "regards|best regards|kind regards|warm regards|best|all the best|best wishes|many thanks|thanks|thank you|thanks and regards|cheers|"
    "sincerely|yours sincerely|yours faithfully|yours truly|respectfully|br|rgds|with kind regards|"
    "mit freundlichen grussen|mit freundlichem gruss|freundliche grusse|beste grusse|viele grusse|liebe grusse|herzliche grusse|"
    "mit besten grussen|mfg|lg|vg|gruss|grusse|hochachtungsvoll|"
    "cordialement|bien cordialement|salutations|meilleures salutations|sincerement|bien a vous|merci|cdlt|amicalement|"
    "saludos|un saludo|saludos cordiales|atentamente|cordialmente|un cordial saludo|gracias|muchas gracias|abrazos|"
    "cumprimentos|com os melhores cumprimentos|melhores cumprimentos|atenciosamente|obrigado|obrigada|abracos|att|"
    "cordiali saluti|distinti saluti|saluti|un saluto|grazie|cordialmente|"
    "met vriendelijke groet|met vriendelijke groeten|vriendelijke groeten|groeten|mvg|hartelijke groet|"
    "pozdrawiam|z powazaniem|z wyrazami szacunku|pozdrowienia|"
    "med vanliga halsningar|vanliga halsningar|mvh|hilsen|med venlig hilsen|med vennlig hilsen|venlig hilsen|vennlig hilsen|"
    "ystavallisin terveisin|terveisin|s pozdravem|s uctou|saygilarimla|с уважением"
)
CLOSINGS: Final = frozenset(_CLOSINGS.split("|"))
"""Whole lines that end a letter, as mail.folding.fold writes them."""

SENT_FROM: Final = (
    "sent from", "sent via", "sent with", "get outlook", "gesendet von", "von meinem", "enviado desde", "enviado do", "enviado a partir",
    "envoye de", "envoye depuis", "inviato da", "verzonden vanaf", "verstuurd vanaf", "wyslane z", "wyslano z", "skickat fran", "sendt fra",
)  # fmt: skip
"""How the lines begin that telephones and programs add."""
