"""Domains where everybody has an address, so that sharing one says nothing about who works together."""

from __future__ import annotations

from typing import Final

_DOMAINS: Final = (
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com"
    " aol.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de mail.de posteo.de proton.me protonmail.com"
    " pm.me fastmail.com zoho.com tutanota.com tuta.io hey.com mail.com mail.ru yandex.ru yandex.com qq.com 163.com 126.com"
    " sina.com naver.com daum.net rediffmail.com libero.it virgilio.it alice.it tiscali.it orange.fr wanadoo.fr free.fr"
    " laposte.net sfr.fr bluewin.ch telenet.be skynet.be ziggo.nl kpnmail.nl wp.pl o2.pl onet.pl interia.pl seznam.cz"
    " uol.com.br bol.com.br terra.com.br sapo.pt comcast.net verizon.net att.net btinternet.com"
    " hotmail.es hotmail.fr hotmail.it hotmail.de hotmail.co.uk live.fr live.it live.co.uk yahoo.es yahoo.fr yahoo.it"
    " yahoo.de yahoo.co.uk yahoo.com.br yahoo.co.jp yahoo.co.in outlook.es outlook.fr outlook.de outlook.com.br"
)
FREEMAIL: Final = frozenset(_DOMAINS.split())
"""As mail.addresses.domain writes them."""


def is_freemail(domain: str) -> bool:
    """Say whether anybody can have an address there."""
    return domain in FREEMAIL
