"""What the store hands out: frozen rows. A model never leaves the store; a row never goes back in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mail.ids import AccountId, EmailId, MailboxId, Role, ThreadId

if TYPE_CHECKING:
    from mail.drafts import Draft, Identity
    from mail.dsn import Bounce
    from mail.types import Address, Attachment


class ThreadKey(NamedTuple):
    """Where a thread stands in a list, newest first. Stays true when rows come and go around it."""

    at: int
    thread_id: ThreadId


class ThreadRow(NamedTuple):
    """One line of a thread list. A NamedTuple, because pages of them are made on the path of a key press.

    `link_mark` says of a conversation with people the CRM knows that it waits to be linked: "!" when several items
    fit, else "?".
    """

    at: int
    thread_id: ThreadId
    account_id: AccountId
    is_unread: bool
    is_flagged: bool
    has_attachment: bool
    has_draft: bool
    email_count: int
    subject: str
    participants: str
    preview: str
    item_kind: str | None
    visibility: str
    link_mark: str = ""

    @property
    def key(self) -> ThreadKey:
        """Return the row's place in its list."""
        return ThreadKey(self.at, self.thread_id)


class MailboxRow(NamedTuple):
    """A mailbox or a view (`is_view`). `name` has its levels separated by "/"."""

    id: MailboxId
    account_id: AccountId
    name: str
    role: Role | None
    is_view: bool
    total_threads: int
    unread_threads: int


class AccountRow(NamedTuple):
    """An account and how it is doing. `status_text` is for the user; `synced_at` is None before the first sync ends.

    `answered_requests` is what accounts.sync_requests said when the worker's last look, good or bad, began.
    """

    id: AccountId
    kind: str
    name: str
    address: str
    aliases: tuple[str, ...]
    scope: str
    config: dict[str, str]
    status: str
    status_text: str
    progress_done: int
    progress_total: int
    progress_started_at: int | None
    synced_at: int | None
    answered_requests: int = 0
    uuid: str = ""


class EmailRow(NamedTuple):
    """A message as the reader heads it. Its body is read apart: store.emails.body.

    Of one that `is_header_only` it is still to be fetched: store.fetching.want asks for it before others. `bounces`
    are the reports of what became of one that the owner sent, oldest first.
    """

    id: EmailId
    thread_id: ThreadId
    account_id: AccountId
    message_id: str | None
    subject: str
    from_: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    received_at: int
    sent_at: int | None
    registered_at: int
    preview: str
    size_octets: int
    keywords: frozenset[str]
    is_outgoing: bool
    mailboxes: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    problem: str | None
    is_header_only: bool = False
    bounces: tuple[Bounce, ...] = ()


class EventRow(NamedTuple):
    """Something changed. Empty `mailbox_ids` or `thread_ids` mean any. `text` is for the status line."""

    seq: int
    kind: str
    text: str
    mailbox_ids: tuple[MailboxId, ...]
    thread_ids: tuple[ThreadId, ...]


class ActionRow(NamedTuple):
    """One thing the user did, for the status line and for undo. `thread_ids` are those that undo or redo touched.

    `draft_id` is a draft that undo brought back, to be written on. `warning` is what the user should know of it,
    `hint` what could be done next.
    """

    id: int
    title: str
    state: str
    thread_ids: frozenset[ThreadId] = frozenset()
    draft_id: int | None = None
    warning: str = ""
    hint: str = ""


class OperationRow(NamedTuple):
    """An operation waiting for, or refused by, an account: for the jobs page and doctor."""

    id: int
    account_id: AccountId
    kind: str
    state: str
    attempts: int
    not_before: int
    error: str | None
    created_at: int


class SearchHit(NamedTuple):
    """A conversation that matches, newest matching message first. `snippet` marks nothing; `email_id` is that message."""

    row: ThreadRow
    email_id: EmailId
    snippet: str


class DraftRow(NamedTuple):
    """A message being written. `email_id` is its copy in the Drafts mailbox, which says what `saved_revision` said.

    `state` is one of writing, sending, sent, discarded.
    """

    id: int
    uuid: str
    account_id: AccountId
    state: str
    draft: Draft
    message_id: str
    revision: int
    saved_revision: int
    email_id: EmailId | None
    about_email_id: EmailId | None
    item_kind: str | None
    item_id: str | None
    created_at: int
    updated_at: int

    @property
    def is_saved(self) -> bool:
        """Say whether its copy in the Drafts mailbox has every word of it."""
        return self.email_id is not None and self.revision == self.saved_revision


class IdentityRow(NamedTuple):
    """Somebody the user writes as. `id` is 0 for the account's own address while nothing was set for it."""

    id: int
    account_id: AccountId
    identity: Identity


class SubmissionRow(NamedTuple):
    """A message on its way out, for the outbox page. `recipients` are those that no server has taken yet.

    `taken` are those a server has, `refused` has the server's words for each address it will never take. `state` is one of queued, submitting,
    accepted, filed, unknown, rejected, cancelled; `error` says for the user why it is not further.
    """

    id: int
    account_id: AccountId
    draft_id: int | None
    message_id: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    taken: tuple[str, ...]
    refused: dict[str, str]
    state: str
    attempts: int
    not_before: int
    error: str
    email_id: EmailId | None
    created_at: int
    submitted_at: int | None
    finished_at: int | None
