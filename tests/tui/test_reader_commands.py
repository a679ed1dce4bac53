from __future__ import annotations

import crm_rows
import makers
import screens
import told

from linking import service
from mail import parse
from mail.types import Block, BlockKind, Body, Document, Link, LinkSpan, SafeText
from store.database import Database
from store.settings import Settings

LONG = "\n".join(f"line {number}" for number in range(60))


def a_link(number: int, host: str) -> Link:
    return Link(number, f"https://{host}/x", host)


def linked(*links: Link) -> Body:
    text = " ".join("here" for _ in links)
    spans = tuple(LinkSpan(5 * at, 5 * at + 4, link.number) for at, link in enumerate(links))
    return Body(None, Document((Block(BlockKind.TEXT, SafeText(text), spans),), links))


async def test_space_reads_to_the_end_and_then_opens_the_next_unread_conversation(db: Database) -> None:
    account = makers.an_account(db)
    told.tell(db, account, makers.an_email("Older words", subject=SafeText("Older")))
    told.tell(db, account, makers.an_email(LONG, subject=SafeText("Newer")), received_at=makers.NOW + 900)
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        for _ in range(4):
            await pilot.press("space")
            await screens.settled(app, pilot)
        await pilot.pause()
        assert "Older words" in screens.text(app)


async def test_the_address_and_the_message_id_are_copied(db: Database) -> None:
    told.tell(db, makers.an_account(db), makers.an_email("Hi", message_id="abc@acme.example"))
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        await pilot.press("y", "a")
        assert app.clipboard == "ana@acme.example"
        await pilot.press("y", "m")
        assert app.clipboard == "<abc@acme.example>"


async def test_the_code_of_a_sign_in_message_is_copied(db: Database) -> None:
    told.tell(db, makers.an_account(db), makers.an_email("Your verification code is 482 913."))
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        await pilot.press("y", "c")
        assert app.clipboard == "482913"
        assert "Copied the code 482913" in screens.text(app)


async def test_one_link_is_copied_at_once_and_of_several_the_user_picks(db: Database) -> None:
    account = makers.an_account(db)
    one, two = a_link(1, "one.example"), a_link(2, "two.example")
    told.tell(db, account, makers.an_email("x", body=linked(one, two)))
    told.tell(db, account, makers.an_email("y", body=linked(one)), received_at=makers.NOW + 900)
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        await pilot.press("y", "l")
        await screens.settled(app, pilot)
        assert app.clipboard == one.url
        await pilot.press("J")
        await pilot.pause()
        await pilot.press("y", "l")
        await pilot.pause()
        assert "2  two.example" in screens.text(app)
        await pilot.press("2", "enter")
        await screens.settled(app, pilot)
        assert app.clipboard == two.url


async def test_a_link_shows_its_host_before_it_is_opened(db: Database) -> None:
    told.tell(db, makers.an_account(db), makers.an_email("x", body=linked(a_link(1, "evil.example"))))
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        await pilot.press("g", "h")
        await pilot.pause()
        assert "https://evil.example/x" in screens.text(app)
        await pilot.press("q")
        await screens.settled(app, pilot)
        assert "Opened" not in screens.text(app)


async def test_opening_a_conversation_marks_it_read_and_leaves_undo_alone(db: Database) -> None:
    thread_id = told.a_conversation(db, makers.an_account(db), "First", "Second", seen=False)
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        await pilot.pause()
        (unread,) = db.read().execute("SELECT unread_count FROM thread WHERE id = ?", (thread_id,)).fetchone()
        assert unread == 0
        await pilot.press("z")
        await screens.settled(app, pilot)
        assert "Nothing to undo" in screens.text(app)


async def test_what_is_pressed_before_a_conversation_has_loaded_waits_for_it(db: Database) -> None:
    account = makers.an_account(db)
    told.tell(db, account, makers.an_email("old", subject=SafeText("Old"), message_id="old@acme.example"))
    new = makers.an_email("new", subject=SafeText("New"), message_id="new@acme.example")
    told.tell(db, account, new, received_at=makers.NOW + 900)
    async with screens.the_screen(db) as (app, pilot):
        for key in ("enter", "y", "m"):
            app.mail.dispatcher.press(key)
        await screens.settled(app, pilot)
        assert app.clipboard == "<new@acme.example>"
        for key in ("J", "y", "m"):
            app.mail.dispatcher.press(key)
        await screens.settled(app, pilot)
        assert app.clipboard == "<old@acme.example>"
        for key in ("K", "S"):
            app.mail.dispatcher.press(key)
        await pilot.pause()
        assert "in the directory" in screens.text(app)


async def test_the_linked_item_is_copied_from_the_list_by_name_and_title(db: Database) -> None:
    email = makers.an_email("Hi", message_id="abc@acme.example")
    (thread_id,) = told.tell(db, makers.an_account(db), email)
    deal = crm_rows.a_deal(db, "Renewal")
    async with screens.the_screen(db) as (app, pilot):
        await pilot.press("y", "y")
        await screens.settled(app, pilot)
        assert app.clipboard == "<abc@acme.example>"
        service.link(db, thread_id, deal)
        await pilot.press("y", "y")
        await screens.settled(app, pilot)
        assert app.clipboard == f"deal:{deal.id} Renewal"


async def test_an_unreadable_message_names_the_users_own_keys(db: Database) -> None:
    told.tell(db, makers.an_account(db), parse.placeholder(b"x", "it is broken"))
    settings = Settings(keys={"reader.save": "w", "reader.headers": ""})
    async with screens.the_screen(db, settings=settings) as (app, pilot):
        await pilot.press("enter")
        await screens.settled(app, pilot)
        assert "w saves it as it came, :reader.headers shows it raw." in " ".join(screens.text(app).split())
