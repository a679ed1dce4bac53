from mail.ids import AccountId, MailboxId, Role
from store.rows import AccountRow, MailboxRow
from tui.listing import entries

ACCOUNT = AccountRow(
    AccountId(1), "maildir", "Work", "me@hv.example", (), "personal", {}, "live", "", 0, 0, None, 1
)


def waiting(role: Role | None, *, unread: int, total: int) -> int:
    row = MailboxRow(MailboxId(1), AccountId(1), "Some/Name", role, False, total, unread)
    return entries((ACCOUNT,), (row,))[-1].waiting


def test_inbox_spam_and_mailboxes_without_a_role_count_what_is_unread():
    assert [waiting(role, unread=3, total=9) for role in (Role.INBOX, Role.JUNK, None)] == [3, 3, 3]


def test_drafts_count_all_because_each_is_still_to_be_sent():
    assert waiting(Role.DRAFTS, unread=0, total=2) == 2


def test_what_is_to_file_counts_whether_it_is_read_or_not():
    assert waiting(Role.UNLINKED, unread=1, total=4) == 4


def test_sent_trash_and_all_mail_count_nothing_because_their_unread_mail_is_counted_where_it_waits():
    assert [waiting(role, unread=3, total=9) for role in (Role.SENT, Role.TRASH, Role.ALL)] == [0, 0, 0]
