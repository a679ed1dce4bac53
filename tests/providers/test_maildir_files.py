from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from checking import Cache, NoSecrets, agree, connected, deliver, in_sync, octets, settle, sync
from other_sides import MaildirOtherSide

from mail.keywords import FLAGGED, SEEN
from mail.operations import Move, Save, SetKeywords
from mail.types import RemoteKey
from providers.connect import connect
from providers.errors import Rejected, RetryLater, SignInAgain, Unsupported
from providers.maildir import files

AN_HOUR_AGO = time.time() - 3600


@pytest.fixture
def other(tmp_path: Path) -> MaildirOtherSide:
    return MaildirOtherSide(tmp_path / "mail")


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def age(other: MaildirOtherSide) -> None:
    """Let every directory look as if it had last changed an hour ago."""
    for part in ("new", "cur"):
        for path in other.root.rglob(part):
            os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
        os.utime(other.root / part, (AN_HOUR_AGO, AN_HOUR_AGO))


def test_only_files_are_mail(other: MaildirOtherSide) -> None:
    (other.root / "cur/directory").mkdir()
    (other.root / "cur/.hidden").write_bytes(b"x")
    os.mkfifo(other.root / "new/pipe")
    (other.root / "new/loop").symlink_to("loop")
    deliver(other, 1)
    with in_sync(other) as (_, cache):
        assert [told[0] for told in cache.messages.values()] == [octets(0)]


def test_new_mail_stays_in_new_until_it_is_marked(other: MaildirOtherSide) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        ((mailbox, key),) = cache.messages
        provider.apply(SetKeywords(mailbox, key, frozenset(), frozenset({FLAGGED})))
        assert names(other.root / "new") == [key]
        provider.apply(SetKeywords(mailbox, key, frozenset({SEEN}), frozenset()))
        assert names(other.root / "cur") == [f"{key}:2,S"]
        settle(other, provider, cache)


def test_what_lies_in_new_is_unseen_whatever_its_name_says(other: MaildirOtherSide) -> None:
    (other.root / "new/1.example:2,FS").write_bytes(octets())
    with in_sync(other) as (_, cache):
        assert [told[1] for told in cache.messages.values()] == [{FLAGGED}]


@pytest.mark.parametrize(("before", "after"), [("1.x:2,Tc", "1.x:2,STc"), ("1.x!2,", "1.x!2,S"), ("1.x;2,R", "1.x;2,RS"), ("1.x", "1.x:2,S")])  # fmt: skip
def test_letters_and_separators_of_other_programs_are_kept(
    other: MaildirOtherSide, before: str, after: str
) -> None:
    (other.root / "cur" / before).write_bytes(octets())
    with in_sync(other) as (provider, cache):
        ((mailbox, key),) = cache.messages
        provider.apply(SetKeywords(mailbox, key, frozenset({SEEN}), frozenset()))
        assert names(other.root / "cur") == [after]
        settle_keywords = [told[1] for told in cache.messages.values()]
        sync(provider, cache)
        assert [told[1] for told in cache.messages.values()] == [settle_keywords[0] | {SEEN}]


def test_keywords_dovecot_gave_letters_to_are_read_and_set(other: MaildirOtherSide) -> None:
    (other.root / "dovecot-keywords").write_text("0 $Label1\n1 Customer\n")
    (other.root / "cur/1.x:2,Sa").write_bytes(octets())
    with in_sync(other) as (provider, cache):
        ((mailbox, key),) = cache.messages
        assert cache.messages[mailbox, key][1] == {SEEN, "$label1"}
        provider.apply(SetKeywords(mailbox, key, frozenset({"customer"}), frozenset({"$label1"})))
        assert names(other.root / "cur") == ["1.x:2,Sb"]
        with pytest.raises(Unsupported):
            provider.apply(SetKeywords(mailbox, key, frozenset({"unheard-of"}), frozenset()))


def test_the_uid_mbsync_wrote_into_a_name_stays_behind_in_a_move(other: MaildirOtherSide) -> None:
    (other.root / "cur/1.x,S=9,U=17:2,S").write_bytes(octets())
    with in_sync(other) as (provider, cache):
        ((mailbox, key),) = cache.messages
        assert provider.apply(Move(mailbox, key, other.archive)).key == "1.x,S=9"
        assert names(other.root / ".Archive/cur") == ["1.x,S=9:2,S"]


def test_a_name_that_is_taken_is_not_overwritten_by_a_move(other: MaildirOtherSide) -> None:
    (other.root / "cur/1.x:2,S").write_bytes(b"mine")
    (other.root / ".Archive/cur/1.x:2,F").write_bytes(b"theirs")
    with in_sync(other) as (provider, cache):
        operation = Move(other.inbox, RemoteKey("1.x"), other.archive)
        assert provider.apply(operation) == provider.apply(operation)
        archived = {path.read_bytes() for path in (other.root / ".Archive/cur").iterdir()}
        assert archived == {b"mine", b"theirs"}
        settle(other, provider, cache)


def test_two_files_of_one_unique_name_are_two_messages(other: MaildirOtherSide) -> None:
    (other.root / "cur/1.x:2,S").write_bytes(b"one")
    (other.root / "cur/1.x:2,F").write_bytes(b"two")
    with in_sync(other) as (provider, cache):
        assert {told[0] for told in cache.messages.values()} == {b"one", b"two"}
        settle(other, provider, cache)


def test_a_name_that_is_not_utf8_is_mail_without_a_path(other: MaildirOtherSide) -> None:
    Path(os.fsdecode(os.fsencode(other.root) + b"/new/caf\xe9")).write_bytes(octets())
    cache = Cache()
    provider = other.connect(cache)
    (told,) = [remote for batch in sync(provider, cache) for remote in batch.upserted]
    assert (told.key, told.path, told.message) == ("caf\\xe9", None, octets())
    assert provider.message(told.mailbox, told.key) == octets()
    applied = provider.apply(SetKeywords(told.mailbox, told.key, frozenset({SEEN}), frozenset()))
    assert applied.path is None
    assert names(other.root / "cur") == [os.fsdecode(b"caf\xe9:2,S")]


def test_a_draft_is_for_the_owner_alone_and_leaves_nothing_in_tmp(other: MaildirOtherSide) -> None:
    with in_sync(other) as (provider, _):
        applied = provider.apply(Save(other.drafts, b"draft", None))
    assert applied.path is not None
    assert Path(applied.path).stat().st_mode & 0o777 == 0o600
    assert names(other.root / ".Drafts/tmp") == []


def test_a_message_too_large_to_take_in_is_told_with_the_reason_and_not_again(
    other: MaildirOtherSide,
) -> None:
    ((_, key),) = deliver(other, 1)
    os.truncate(other.root / "new" / key, 65 * 1024 * 1024)
    cache = Cache()
    provider = other.connect(cache)
    (told,) = provider.changes(None).upserted
    assert told.message is None
    assert "larger than 64 MiB" in (told.problem or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_mailbox_that_may_no_longer_be_read_keeps_its_mail_and_is_said(other: MaildirOtherSide) -> None:
    deliver(other, 2, other.archive)
    with in_sync(other) as (provider, cache):
        (other.root / ".Archive").chmod(0)
        with pytest.raises(SignInAgain, match="chmod"):
            sync(provider, cache)
        (other.root / ".Archive").chmod(0o700)
        settle(other, provider, cache)
        assert len(cache.messages) == 2


def test_a_maildir_that_vanished_is_said_and_nothing_is_called_gone(
    other: MaildirOtherSide, tmp_path: Path
) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        other.root.rename(tmp_path / "elsewhere")
        with pytest.raises(SignInAgain, match="mount it"):
            sync(provider, cache)
        assert len(cache.messages) == 2
        (tmp_path / "elsewhere").rename(other.root)
        settle(other, provider, cache)


def test_an_empty_mount_point_is_not_an_empty_maildir(other: MaildirOtherSide) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        shutil.rmtree(other.root)
        other.root.mkdir()
        with pytest.raises(SignInAgain, match="no Maildir"):
            sync(provider, cache)


def test_a_file_where_the_maildir_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SignInAgain, match="is not there"):
        connect("maildir", {"path": str(tmp_path / "file")}, Cache(), NoSecrets()).changes(None)


@pytest.mark.parametrize(("kind", "config"), [("maildir", {}), ("carrier pigeon", {})])
def test_an_account_nobody_can_connect_to_is_said(kind: str, config: dict[str, str]) -> None:
    with pytest.raises(SignInAgain):
        connect(kind, config, Cache(), NoSecrets())


def test_a_change_in_the_same_tick_as_the_look_is_found(other: MaildirOtherSide) -> None:
    with in_sync(other) as (provider, cache):
        before = (other.root / "new").stat().st_mtime_ns
        deliver(other, 1)
        os.utime(other.root / "new", ns=(before, before))
        settle(other, provider, cache)
        assert len(cache.messages) == 1


def test_a_maildir_that_did_not_change_is_not_read(other: MaildirOtherSide) -> None:
    age(other)
    with in_sync(other) as (provider, cache):
        deliver(other, 1)
        age(other)  # so a reader of directories would find it, and a reader of times does not
        sync(provider, cache)
        assert cache.messages == {}


def test_a_mailbox_renamed_takes_its_mail_with_it(other: MaildirOtherSide) -> None:
    deliver(other, 3, other.add_mailbox("Old"))
    with in_sync(other) as (provider, cache):
        (other.root / ".Old").rename(other.root / ".Young")
        settle(other, provider, cache)
        assert {mailbox for mailbox, _ in cache.messages} == {".Young"}


def test_waiting_notices_a_new_mailbox(other: MaildirOtherSide) -> None:
    age(other)
    with in_sync(other) as (provider, _):
        other.add_mailbox("Customers")
        assert provider.wait(60)


def test_an_operation_on_a_read_only_maildir_is_refused_with_the_reason(
    other: MaildirOtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(other, 1)
    with in_sync(other) as (provider, cache):
        ((mailbox, key),) = cache.messages
        for number, error in ((30, Rejected), (28, RetryLater), (5, RetryLater)):
            monkeypatch.setattr(os, "rename", _failing(number))
            with pytest.raises(error):
                provider.apply(SetKeywords(mailbox, key, frozenset({SEEN}), frozenset()))


def _failing(number: int) -> object:
    def rename(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return rename


def test_mail_that_one_look_missed_is_not_called_gone(
    other: MaildirOtherSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(other, 2)
    with in_sync(other) as (provider, cache):
        missed, _ = cache.messages
        whole, looks = files.listing, []

        def half(path: str) -> tuple[files.Snapshot, dict[RemoteKey, str]]:
            look, places = whole(path)
            looks.append(path)
            if len(looks) == 1:
                del places[missed[1]]
            return look, places

        monkeypatch.setattr(files, "listing", half)
        other.deliver(other.inbox, octets(7), 1_700_000_007)
        pages = sync(provider, cache)
        assert looks[:2] == [looks[0]] * 2
        assert [page.destroyed for page in pages] == [()] * len(pages)
        agree(other, cache)


def test_mail_that_arrives_while_a_large_account_is_told_is_told_with_the_next_page_and_once(
    other: MaildirOtherSide,
) -> None:
    deliver(other, 100)
    cache = Cache()
    with connected(other, cache) as provider:
        pages = [provider.changes(None, limit=10)]
        cache.take(pages[0])
        late = other.deliver(other.inbox, octets(777), 1_700_000_777)
        pages += sync(provider, cache, limit=10)
        told = [remote.key for page in pages for remote in page.upserted]
        assert late in [remote.key for remote in pages[1].upserted]
        assert len(told) == len(set(told)) == 101
        agree(other, cache)


def test_the_trash_is_told_last_however_new_what_lies_in_it_is(other: MaildirOtherSide) -> None:
    trash = other.add_mailbox("Trash")
    other.deliver(trash, octets(1), 1_700_000_900)
    other.deliver(other.archive, octets(2), 1_700_000_100)
    other.deliver(other.inbox, octets(3), 1_700_000_000)
    cache = Cache()
    with connected(other, cache) as provider:
        told = [remote.mailbox for page in sync(provider, cache) for remote in page.upserted]
    assert told == [other.inbox, other.archive, trash]
