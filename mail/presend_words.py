"""How writers of each language say that something is attached, and how addresses say that nobody reads them. Data only."""

from __future__ import annotations

from typing import Final

# Words or beginnings of words ("*"), case-folded.
ATTACHED: Final = {
    "en": "attached|attachment|attachments|attaching|see attached|enclosed|i attach|i've attached",
    "de": "anhang|im anhang|anbei|angehängt|angehängte*|beigefügt|beigefügte*|angehangen|beiliegend|anliegend|in der anlage|als anlage",
    "fr": "ci-joint|ci-joints|ci-jointe|ci-jointes|pièce jointe|pièces jointes|en pj|en annexe|je joins|joint à ce",
    "es": "adjunto|adjunta|adjuntos|adjuntas|adjuntado|adjuntamos|archivo adjunto|en anexo",
    "pt": "em anexo|anexo|anexos|anexado|anexada|anexei|segue anexo|anexamos",
    "it": "allegato|allegata|allegati|allegate|in allegato|allego|alleghiamo",
    "nl": "bijlage|bijlagen|bijgevoegd|bijgevoegde|bijgesloten|toegevoegd als bijlage|als bijlage",
    "pl": "w załączniku|w załączeniu|załącznik|załączniki|załączam|załączamy|załączony|załączona|załączone",
    "sv": "bifogad|bifogat|bifogade|bifogar|bilaga|bilagan|bilagor",
    "cs": "v příloze|příloha|přílohu|přílohy|přikládám|přikládáme|přiložen*",
    "ru": "во вложении|вложение|вложения|прилагаю|прилагаем|прикрепил*|прикреплен*|прикреплён*|в приложении",
    "tr": "ekte|ekteki|ekli dosya|ilişikte|ektedir",
}

NO_REPLY: Final = (
    "noreply",
    "no-reply",
    "no_reply",
    "no.reply",
    "donotreply",
    "do-not-reply",
    "do_not_reply",
    "nepasrepondre",
    "ne-pas-repondre",
    "noresponder",
    "no-responder",
    "naoresponda",
    "nao-responda",
    "nichtantworten",
    "keine-antwort",
    "mailer-daemon",
    "bounce",
    "bounces",
)
