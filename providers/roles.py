"""What a mailbox is for, guessed from its name in ten languages, where the account does not say it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from mail.changes import RemoteMailbox
from mail.types import MailboxKey, Role

# English, Spanish, Portuguese, Polish, Italian, German, French, Dutch, Russian, Chinese; the likeliest name first.
_NAMES: Final[dict[Role, str]] = {
    Role.INBOX: """
        Inbox, Bandeja de entrada, Caixa de entrada, Odebrane, Skrzynka odbiorcza, Posta in arrivo, Posteingang,
        Boîte de réception, Postvak IN, Входящие, 收件箱""",
    Role.DRAFTS: """
        Drafts, Draft, Borradores, Borrador, Rascunhos, Rascunho, Szkice, Kopie robocze, Robocze, Bozze, Bozza,
        Entwürfe, Entwurf, Entwuerfe, Brouillons, Brouillon, Concepten, Concept, Черновики, 草稿箱, 草稿""",
    Role.SENT: """
        Sent, Sent Mail, Sent Items, Sent Messages, Enviados, Elementos enviados, Correo enviado, Enviadas,
        Itens enviados, Mensagens enviadas, Wysłane, Elementy wysłane, Posta inviata, Inviata, Inviati,
        Gesendet, Gesendete Objekte, Gesendete Elemente, Envoyés, Éléments envoyés, Messages envoyés, Verzonden,
        Verzonden items, Verzonden berichten, Отправленные, 已发送, 已发送邮件, 已发邮件, Outgoing""",
    Role.ARCHIVE: """
        Archive, Archives, Archived, Archivo, Archivados, Arquivo, Arquivados, Archiwum, Archivio, Archiv,
        Archief, Архив, 存档, 归档""",
    Role.JUNK: """
        Junk, Spam, Junk E-mail, Junk mail, Bulk mail, Bulk, Correo no deseado, No deseado, Lixo eletrônico,
        Niechciane, Wiadomości-śmieci, Posta indesiderata, Indesiderata, Spamverdacht, Junk-Verdacht,
        Unerwünscht, Courrier indésirable, Indésirables, Pourriel, Ongewenst, Ongewenste e-mail, Спам,
        垃圾邮件, 垃圾箱""",
    Role.TRASH: """
        Trash, Deleted, Deleted Items, Deleted Messages, Bin, Papelera, Elementos eliminados, Eliminados,
        Lixeira, Lixo, Itens excluídos, Kosz, Elementy usunięte, Usunięte, Cestino, Posta eliminata,
        Papierkorb, Gelöschte Objekte, Gelöschte Elemente, Gelöscht, Corbeille, Éléments supprimés,
        Prullenbak, Verwijderde items, Verwijderd, Корзина, Удалённые, 已删除, 已删除邮件, 废件箱""",
    Role.ALL: """
        All Mail, All, Todos, Todo el correo, Todos os e-mails, Wszystkie, Tutta la posta, Tutti, Alle,
        Alle Nachrichten, Tous les messages, Alle berichten, Вся почта, 所有邮件""",
}
_PREFIXES: Final = ("INBOX/", "[Gmail]/", "[Google Mail]/", "Inbox/")


def with_roles(
    names: Iterable[tuple[MailboxKey, str]], inbox: MailboxKey | None
) -> tuple[RemoteMailbox, ...]:
    """Give each role to the mailbox whose name fits it best; `inbox` has the role of inbox whatever its name."""
    named = tuple(names)
    best: dict[Role, tuple[tuple[int, int, str], MailboxKey]] = {}
    if inbox is not None:
        best[Role.INBOX] = ((-1, 0, ""), inbox)
    for key, name in named:
        guess = guess_role(name)
        if guess is None or key == inbox:
            continue
        role, rank = guess
        candidate = ((name.count("/"), rank, name), key)
        best[role] = min(best.get(role, candidate), candidate)
    roles = {key: role for role, (_, key) in best.items()}
    return tuple(RemoteMailbox(key, name, roles.get(key)) for key, name in named)


def guess_role(name: str) -> tuple[Role, int] | None:
    """Return the role a mailbox name stands for and how unusual that name is (0 is the usual one), or None.

    Only mailboxes at the top, or right below INBOX or [Gmail], have one: Customers/Archive is somebody's own.
    """
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if "/" in name:
        return None
    return _RANKS.get(fold_name(name))


def fold_name(name: str) -> str:
    r"""Return `name` without case, accents and punctuation, so that "\Sent", "Sent-Mail" and "SENT" compare."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    kept = (letter for letter in decomposed if letter.isalnum())
    return unicodedata.normalize("NFC", "".join(kept))


_RANKS: Final = {
    fold_name(name): (role, rank)
    for role, names in _NAMES.items()
    for rank, name in enumerate(names.split(","))
}
