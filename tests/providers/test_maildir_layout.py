from __future__ import annotations

import os
from pathlib import Path

import pytest
from checking import Cache, in_sync
from other_sides import DOTTED, NESTED, PLAIN, UNDER_INBOX, MaildirOtherSide, make_mailbox

from mail.operations import CreateMailbox
from mail.types import MailboxKey, Role
from providers.errors import Rejected
from providers.maildir.layout import find_mailboxes
from providers.roles import guess_role, with_roles


def role_of(name: str) -> Role | None:
    guess = guess_role(name)
    return None if guess is None else guess[0]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.SENT, "Sent|Enviados|Itens enviados|Wysłane|Posta inviata|Gesendet|Envoyés|Verzonden|Отправленные|已发送"),
        (Role.TRASH, "Trash|Papelera|Lixeira|Kosz|Cestino|Papierkorb|Corbeille|Prullenbak|Корзина|已删除"),
        (Role.DRAFTS, "Drafts|Borradores|Rascunhos|Szkice|Bozze|Entwürfe|Brouillons|Concepten|Черновики|草稿箱"),
        (Role.JUNK, "Junk|Correo no deseado|Lixo eletrônico|Niechciane|Indesiderata|Spam|Indésirables|Ongewenst|Спам|垃圾邮件"),
        (Role.ARCHIVE, "Archive|Archivo|Arquivo|Archiwum|Archivio|Archiv|Archives|Archief|Архив|归档"),
        (Role.INBOX, "INBOX|Bandeja de entrada|Caixa de entrada|Odebrane|Posta in arrivo|Posteingang|Boîte de réception"),
    ],
)  # fmt: skip
def test_roles_are_known_in_ten_languages(role: Role, names: str) -> None:
    for name in names.split("|"):
        assert role_of(name) is role, name


@pytest.mark.parametrize(
    "name", ["\\Sent", "sent-mail", "SENT ITEMS", "INBOX/Sent", "[Gmail]/Sent Mail", "Sent_Messages"]
)
def test_case_punctuation_and_the_usual_parents_do_not_matter(name: str) -> None:
    assert role_of(name) is Role.SENT


@pytest.mark.parametrize("name", ["Customers/Archive", "Sentiment", "Projects", "Archive/2024", "Trash talk"])
def test_other_names_have_no_role(name: str) -> None:
    assert role_of(name) is None


def test_of_two_mailboxes_for_one_role_the_likelier_name_has_it() -> None:
    names = [(MailboxKey(name), name) for name in ("Deleted", "Outgoing", "Trash", "Sent", "Inbox")]
    roles = {one.name: one.role for one in with_roles(names, None)}
    assert roles == {
        "Deleted": None,
        "Outgoing": None,
        "Trash": Role.TRASH,
        "Sent": Role.SENT,
        "Inbox": Role.INBOX,
    }


def test_mail_at_the_root_is_the_inbox_whatever_else_is_called_so(tmp_path: Path) -> None:
    make_mailbox(tmp_path)
    make_mailbox(tmp_path / "Inbox")
    assert [(one.key, one.role) for one in find_mailboxes(str(tmp_path)).mailboxes] == [
        (".", Role.INBOX),
        ("Inbox", None),
    ]


def test_names_in_modified_utf7_are_read(tmp_path: Path) -> None:
    make_mailbox(tmp_path)
    make_mailbox(tmp_path / ".Projects.&ANE-and&APo-")
    assert find_mailboxes(str(tmp_path)).mailboxes[1].name == "Projects/Ñandú"


def test_what_is_not_a_mailbox_is_passed_over(tmp_path: Path) -> None:
    make_mailbox(tmp_path)
    for name in (".notmuch/xapian", "Documents/2024", ".git/objects", "courierimapkeywords"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "subscriptions").write_text("Sent\n")
    (tmp_path / ".half/cur").mkdir(parents=True)
    assert [one.key for one in find_mailboxes(str(tmp_path)).mailboxes] == ["."]


def test_links_that_lead_in_circles_are_walked_once(tmp_path: Path) -> None:
    make_mailbox(tmp_path / "Inbox")
    (tmp_path / "Inbox/again").symlink_to(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = find_mailboxes(str(tmp_path)).mailboxes
    assert [one.key for one in found] == ["Inbox"]


def test_a_mailbox_whose_name_is_not_utf8_has_a_key_any_database_keeps(tmp_path: Path) -> None:
    make_mailbox(tmp_path)
    make_mailbox(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")))
    (_, found) = find_mailboxes(str(tmp_path)).mailboxes
    assert found.key == "caf\\xe9"


@pytest.mark.parametrize(
    ("style", "directory"),
    [(DOTTED, ".A b.C&AC4-d"), (NESTED, "A b/C.d"), (PLAIN, "A b/C.d"), (UNDER_INBOX, "INBOX/.A b.C&AC4-d")],
)
def test_a_new_mailbox_follows_the_layout_found(style: object, directory: str, tmp_path: Path) -> None:
    other = MaildirOtherSide(tmp_path / "mail", style)  # type: ignore[arg-type]
    with in_sync(other) as (provider, _):
        assert provider.apply(CreateMailbox("A b/C.d")).mailbox == directory
    assert (other.root / directory / "tmp").is_dir()


@pytest.mark.parametrize("name", ["", " ", "a//b", "x" * 101, "a\0b", "/".join("abcdefghijkl")])
def test_a_name_no_directory_can_have_is_rejected(name: str, tmp_path: Path) -> None:
    with in_sync(MaildirOtherSide(tmp_path / "mail")) as (provider, _), pytest.raises(Rejected):
        provider.apply(CreateMailbox(name))


@pytest.mark.parametrize("style", [DOTTED, NESTED])
@pytest.mark.parametrize("name", ["../../evil", "..", ".hidden", "a/../b"])
def test_no_name_leads_out_of_the_maildir(style: object, name: str, tmp_path: Path) -> None:
    other = MaildirOtherSide(tmp_path / "mail", style)  # type: ignore[arg-type]
    with in_sync(other) as (provider, cache):
        applied = provider.apply(CreateMailbox(name))
        assert (other.root / str(applied.mailbox)).resolve().is_relative_to(other.root)
        told = provider.changes(cache.state).mailboxes
        assert [one.name for one in told or () if one.key == applied.mailbox] == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["mail"]


def test_the_part_names_of_a_maildir_are_no_mailbox_names_where_mailboxes_nest(tmp_path: Path) -> None:
    other = MaildirOtherSide(tmp_path / "mail", NESTED)
    provider = other.connect(Cache())
    with pytest.raises(Rejected):
        provider.apply(CreateMailbox("cur"))
