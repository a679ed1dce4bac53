"""Made-up mailboxes whose links are known from how they were made: every conversation is linked as expected."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import makers
import pytest

from linking import conversation, deciding
from linking.exchange import csv_items
from linking.rules import Reason
from mail.changes import RemoteEmail, RemoteMailbox
from mail.parse import parse
from mail.types import AccountId, MailboxKey, RemoteKey, Role, ThreadId
from store import accounts, ingest
from store.database import Database
from store.links import decisions

MAKER = Path(__file__).parents[2] / "../shared/corpus/make_corpus.py"
ROLES = {
    "INBOX": Role.INBOX, "Sent": Role.SENT, "Drafts": Role.DRAFTS, "Trash": Role.TRASH, "Archive": Role.ARCHIVE,
    "Spam": Role.JUNK,
}  # fmt: skip
MEANT = {
    "single_open_item": {Reason.LINKED},
    "one_of_several_recipients": {Reason.LINKED},
    "participant_joined_later": {Reason.LINKED},
    "several_open_items": {Reason.AMBIGUOUS},
    "several_people_with_items": {Reason.AMBIGUOUS},
    "no_item": {
        Reason.NO_OPEN_ITEM,
        Reason.MANY_RECIPIENTS_NO_OPEN_ITEM,
    },  # a report of failure counts as somebody
    "many_recipients_no_item": {Reason.MANY_RECIPIENTS_NO_OPEN_ITEM},
    "item_closed": {Reason.NO_OPEN_ITEM, Reason.ITEM_NEWER_THAN_CONVERSATION},  # and another one came later
    "item_created_later": {Reason.ITEM_NEWER_THAN_CONVERSATION},
    "unknown_contact": {Reason.UNKNOWN_CONTACT, Reason.BULK, Reason.EXCLUDED_FOLDER},
    "internal_only": {Reason.INTERNAL_ONLY},
}
PAGE = 100


@dataclass(frozen=True)
class Corpus:
    directory: Path
    arrivals: tuple[ingest.Arrival, ...]
    boxes: tuple[RemoteMailbox, ...]


@pytest.fixture(scope="module", params=[1, 2, 3])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    if not MAKER.exists():
        pytest.skip("the maker of corpora is not here")
    out = tmp_path_factory.mktemp("corpus")
    seed = str(request.param)
    subprocess.run(
        [sys.executable, "-P", MAKER, out, "--messages", "600", "--seed", seed, "--crm"],
        check=True,
        timeout=100,
    )
    with (out / "expected_threads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    boxes = sorted({row["folder"] for row in rows})
    return Corpus(
        out,
        tuple(an_arrival(out / "maildir" / row["file"], row) for row in rows),
        tuple(RemoteMailbox(MailboxKey(name), name, ROLES.get(name)) for name in boxes),
    )


def an_arrival(path: Path, row: dict[str, str]) -> ingest.Arrival:
    octets, received_at = path.read_bytes(), int(path.stat().st_mtime)
    remote = RemoteEmail(
        MailboxKey(row["folder"]), RemoteKey(row["file"]), frozenset(), received_at, octets, str(path)
    )
    return ingest.Arrival(remote, parse(octets))


def in_order(arrivals: Sequence[ingest.Arrival], order: str) -> list[ingest.Arrival]:
    ordered = list(arrivals)  # the oldest comes first
    if order == "newest first":
        ordered.reverse()
    if order == "shuffled":
        Random(7).shuffle(ordered)
    return ordered


def take_in(db: Database, corpus: Corpus, order: str) -> None:
    csv_items.import_directory(db, corpus.directory / "crm", dry_run=False)
    account_id = accounts.add(
        db, "maildir", "Me", "noa.vidal@harborline.example", {"path": "/nowhere"},
        aliases=("sales@harborline.example",),
    )  # fmt: skip
    ordered = in_order(corpus.arrivals, order)
    for start in range(0, len(ordered), PAGE):
        page = ordered[start : start + PAGE]
        batch = makers.a_batch([each.remote for each in page], mailboxes=corpus.boxes, state=str(start))
        ingest.apply(db, account_id, batch, page)
        deciding.decide_due(db)


def found(db: Database, thread_id: ThreadId) -> tuple[str, str, str, str]:
    """Return outcome, item, persons and organizations of a conversation as expected_links.csv writes them."""
    told = conversation.as_json(db, thread_id)
    item, link = told["item"], told["link"]
    assert isinstance(link, dict)
    return (
        str(link["state"]),
        f"{item['kind']}:{item['external_ref']}" if isinstance(item, dict) else "",
        refs(told["persons"]),
        refs(told["organizations"]),
    )


def refs(people: object) -> str:
    assert isinstance(people, list)
    return ";".join(str(number) for number in sorted(int(person["external_ref"]) for person in people))


def threads_of(db: Database, message_id: str) -> list[ThreadId]:
    """Return the conversations of a Message-ID: several, where it was used again and again."""
    rows = db.read().execute(
        "SELECT DISTINCT thread_id FROM email WHERE account_id = ? AND message_id = ?",
        (AccountId(1), message_id.strip("<>")),
    )
    return [ThreadId(row[0]) for row in rows.fetchall()]


@pytest.mark.parametrize("order", ["oldest first", "newest first", "shuffled"])
def test_every_conversation_is_linked_as_expected_in_whatever_order_it_comes(
    db: Database, corpus: Corpus, order: str
) -> None:
    take_in(db, corpus, order)
    assert not decisions.is_due(db)
    wrong, count = [], 0
    with (corpus.directory / "crm" / "expected_links.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            expected = (row["outcome"], row["item"], row["person_ids"], row["org_ids"])
            for thread_id in threads_of(db, row["first_message_id"]):
                count += 1
                decided = decisions.get(db.read(), thread_id)
                assert decided is not None
                if found(db, thread_id) != expected or decided.reason not in MEANT[row["reason"]]:
                    wrong.append((row, found(db, thread_id), decided.reason))
    assert not wrong
    assert count > 200
