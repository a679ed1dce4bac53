"""What a fake IMAP server does on each command; the messages of a mailbox are `fake_selected`'s."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from servers.fake_mailbox import FakeMailbox
from servers.fake_selected import Answer, Selected, flags_lines, text_or_list
from servers.imap_refusals import No
from servers.imap_words import Word, quoted, text, written

if TYPE_CHECKING:
    from servers.fake_session import Session

Handler = Callable[["Session", list[Word]], Answer]

BEFORE_SIGN_IN = frozenset({"CAPABILITY", "NOOP", "LOGOUT", "ID", "LOGIN", "AUTHENTICATE"})


def _capability(session: Session, arguments: list[Word]) -> Answer:
    return b"* CAPABILITY " + session.capability.encode() + b"\r\n"


def _nothing(session: Session, arguments: list[Word]) -> Answer:
    return b""


def _logout(session: Session, arguments: list[Word]) -> Answer:
    return b"* BYE until next time\r\n"


def _id(session: Session, arguments: list[Word]) -> Answer:
    return b'* ID ("name" "Fake")\r\n'


def _login(session: Session, arguments: list[Word]) -> Answer:
    if "LOGINDISABLED" in session.capability.split():
        raise No("[PRIVACYREQUIRED] not without TLS")
    session.sign_in(text(arguments[0]), text(arguments[1]))
    return b""


def _authenticate(session: Session, arguments: list[Word]) -> Answer:
    mechanism = text(arguments[0]).upper()
    if f"AUTH={mechanism}" not in session.capability.upper().split():
        raise No("this mechanism is not offered")
    initial = text(arguments[1]).encode() if len(arguments) > 1 else session.ask(b"")
    said = base64.b64decode(b"" if initial == b"=" else initial).decode()
    if mechanism == "PLAIN":
        _, name, secret = said.split("\x00")
        session.sign_in(name, secret)
        return b""
    fields = said.split("\x01")
    name = re.sub(r"^(user=|n,a=)|,$", "", fields[0])
    secret = next(field for field in fields if field.startswith("auth="))
    session.sign_in_with_token(name, secret.removeprefix("auth=Bearer "))
    return b""


def _enable(session: Session, arguments: list[Word]) -> Answer:
    if not session.can("ENABLE"):
        raise ValueError("ENABLE is not offered")
    wanted = {text(word).upper() for word in arguments}
    granted = {name for name in wanted & {"CONDSTORE", "QRESYNC", "UTF8=ACCEPT"} if session.can(name)}
    session.enabled |= granted
    return b"* ENABLED " + " ".join(sorted(granted)).encode() + b"\r\n"


def _namespace(session: Session, arguments: list[Word]) -> Answer:
    if not session.can("NAMESPACE"):
        raise ValueError("NAMESPACE is not offered")
    return b'* NAMESPACE (("" ' + _delimiter(session) + b")) NIL NIL\r\n"


def _list(session: Session, arguments: list[Word]) -> Answer:
    words = list(arguments)
    only = [text(word).upper() for word in words.pop(0)] if isinstance(words[0], list) else []
    reference, patterns = text(words[0]), words[1] if isinstance(words[1], list) else [words[1]]
    returns = words[3] if len(words) > 3 and text_or_list(words[2]) == "RETURN" else []
    if (only or returns) and not (session.can("LIST-EXTENDED") or session.can("SPECIAL-USE")):
        raise ValueError("an extended LIST is not offered")
    asked = {text_or_list(word) for word in returns}
    if "STATUS" in asked and not session.can("LIST-STATUS"):
        raise ValueError("LIST-STATUS is not offered")
    if patterns == [b""]:
        return b"* LIST (\\Noselect) " + _delimiter(session) + b' ""\r\n'
    answer, parents = b"", session.server.parents
    for mailbox in _listed(session, reference, patterns, only):
        answer += _list_line(session, mailbox, b"LIST", parents)
        if "STATUS" in asked and "\\Noselect" not in mailbox.attributes:
            items = next(word for word in returns if isinstance(word, list))
            answer += _status_line(mailbox, items)
    return answer


def _lsub(session: Session, arguments: list[Word]) -> Answer:
    found = _listed(session, text(arguments[0]), [arguments[1]], ["SUBSCRIBED"])
    parents = session.server.parents
    return b"".join(_list_line(session, mailbox, b"LSUB", parents) for mailbox in found)


def _listed(session: Session, reference: str, patterns: list[Word], only: list[str]) -> list[FakeMailbox]:
    delimiter = re.escape(session.server.delimiter or "\x00")
    either = "|".join(
        re.escape(reference + text(word)).replace(r"\*", ".*").replace("%", f"[^{delimiter}]*")
        for word in patterns
    )
    found = []
    for name, mailbox in session.server.mailboxes.items():
        is_asked = "SUBSCRIBED" not in only or name in session.server.subscribed
        if is_asked and re.fullmatch(either, name, re.DOTALL):
            found.append(mailbox)
    return found


def _list_line(session: Session, mailbox: FakeMailbox, word: bytes, parents: frozenset[str]) -> bytes:
    attributes = set(mailbox.attributes)
    if session.can("CHILDREN"):
        attributes.add("\\HasChildren" if mailbox.name in parents else "\\HasNoChildren")
    flags = " ".join(sorted(attributes)).encode()
    return b"* %s (%s) %s %s\r\n" % (word, flags, _delimiter(session), written(mailbox.name))


def _delimiter(session: Session) -> bytes:
    return quoted(session.server.delimiter) if session.server.delimiter else b"NIL"


def _status(session: Session, arguments: list[Word]) -> Answer:
    mailbox = _mailbox(session, arguments[0])
    assert isinstance(arguments[1], list)
    return _status_line(mailbox, arguments[1])


def _status_line(mailbox: FakeMailbox, items: list[Word]) -> bytes:
    habits, messages = mailbox.habits, mailbox.messages.values()
    facts = {
        "MESSAGES": len(mailbox.messages) if habits.exists is None else habits.exists,
        "RECENT": 0,
        "UNSEEN": sum("\\Seen" not in message.flags for message in messages),
        "SIZE": sum(message.size for message in messages),
    }
    if habits.shows_uidnext:
        facts["UIDNEXT"] = mailbox.uidnext if habits.uidnext is None else habits.uidnext
    if habits.shows_uidvalidity:
        facts["UIDVALIDITY"] = mailbox.uidvalidity
    if habits.keeps_modseq:
        facts["HIGHESTMODSEQ"] = (
            mailbox.highestmodseq if habits.highestmodseq is None else habits.highestmodseq
        )
    asked = [text(word).upper() for word in items]
    told = " ".join(f"{name} {facts[name]}" for name in asked if name in facts)
    return b"* STATUS %s (%s)\r\n" % (written(mailbox.name), told.encode())


def _select(session: Session, arguments: list[Word]) -> Answer:
    return _opened(session, arguments, is_read_only=False)


def _examine(session: Session, arguments: list[Word]) -> Answer:
    return _opened(session, arguments, is_read_only=True)


def _opened(session: Session, arguments: list[Word], is_read_only: bool) -> Answer:
    session.selected = None
    mailbox = _mailbox(session, arguments[0])
    if "\\Noselect" in mailbox.attributes:
        raise No("[CANNOT] this holds no messages")
    if mailbox.habits.has_new_epoch_at_each_select:
        mailbox.new_epoch()
    selected = session.selected = Selected(session, mailbox, is_read_only)
    parameters = arguments[1] if len(arguments) > 1 else []
    if parameters and not session.can("CONDSTORE"):
        raise ValueError("parameters are not offered")
    asked = [text_or_list(word) for word in parameters]
    selected.tells_modseq = bool(asked) or bool(session.enabled & {"CONDSTORE", "QRESYNC"})
    answer = _described(session, mailbox)
    if "QRESYNC" in asked:
        if "QRESYNC" not in session.enabled:
            raise ValueError("QRESYNC was not enabled")
        answer += _resynchronised(selected, parameters[asked.index("QRESYNC") + 1])
    return answer, b"[READ-ONLY] " if is_read_only else b"[READ-WRITE] "


def _described(session: Session, mailbox: FakeMailbox) -> bytes:
    habits = mailbox.habits
    exists = len(mailbox.messages) if habits.exists is None else habits.exists
    answer = flags_lines(mailbox) + b"* %d EXISTS\r\n* 0 RECENT\r\n" % exists
    if habits.shows_uidvalidity:
        answer += b"* OK [UIDVALIDITY %d] UIDs valid\r\n" % mailbox.uidvalidity
    if habits.shows_uidnext:
        answer += b"* OK [UIDNEXT %d] next\r\n" % (
            mailbox.uidnext if habits.uidnext is None else habits.uidnext
        )
    if session.can("CONDSTORE") and habits.keeps_modseq:
        shown = mailbox.highestmodseq if habits.highestmodseq is None else habits.highestmodseq
        answer += b"* OK [HIGHESTMODSEQ %d] highest\r\n" % shown
    elif session.can("CONDSTORE"):
        answer += b"* OK [NOMODSEQ] none\r\n"
    return answer


def _resynchronised(selected: Selected, parameters: Word) -> bytes:
    assert isinstance(parameters, list)
    if int(text(parameters[0])) != selected.mailbox.uidvalidity:
        return b""
    modseq = int(text(parameters[1]))
    known = parameters[2] if len(parameters) > 2 else None
    return selected.vanished_since(modseq, known) + selected.changed_since(modseq)


def _close(session: Session, arguments: list[Word]) -> Answer:
    selected = _selected(session)
    if not selected.is_read_only:
        selected.expunge([], by_uid=False)
    session.selected = None
    return b""


def _unselect(session: Session, arguments: list[Word]) -> Answer:
    if not session.can("UNSELECT"):
        raise ValueError("UNSELECT is not offered")
    session.selected = None
    return b""


def _create(session: Session, arguments: list[Word]) -> Answer:
    name = text(arguments[0])
    if name in session.server.mailboxes:
        raise No("[ALREADYEXISTS] there is one of that name")
    session.server.create(name)
    return b""


def _delete(session: Session, arguments: list[Word]) -> Answer:
    session.server.delete(_mailbox(session, arguments[0]).name)
    return b""


def _rename(session: Session, arguments: list[Word]) -> Answer:
    if text(arguments[1]) in session.server.mailboxes:
        raise No("[ALREADYEXISTS] there is one of that name")
    session.server.rename(_mailbox(session, arguments[0]).name, text(arguments[1]))
    return b""


def _subscribe(session: Session, arguments: list[Word]) -> Answer:
    session.server.subscribed.add(text(arguments[0]))
    return b""


def _unsubscribe(session: Session, arguments: list[Word]) -> Answer:
    session.server.subscribed.discard(text(arguments[0]))
    return b""


def _append(session: Session, arguments: list[Word]) -> Answer:
    name, *middle, octets = arguments
    assert isinstance(octets, bytes)
    mailbox = session.server.mailboxes.get(text(name))
    if mailbox is None:
        raise No("[TRYCREATE] there is no such mailbox")
    if session.server.append_limit is not None and len(octets) > session.server.append_limit:
        raise No("[TOOBIG] the message is too large")
    flags = next(([text(flag) for flag in word] for word in middle if isinstance(word, list)), [])
    dates = [
        datetime.strptime(text(word).strip(), "%d-%b-%Y %H:%M:%S %z")
        for word in middle
        if isinstance(word, bytes)
    ]
    uid = session.server.appended(mailbox, octets, flags, dates[0] if dates else None)
    if not session.can("UIDPLUS"):
        return b""
    return b"", b"[APPENDUID %d %d] " % (mailbox.uidvalidity, uid)


def _mailbox(session: Session, word: Word) -> FakeMailbox:
    name = text(word)
    mailboxes = session.server.mailboxes
    if name.upper() == "INBOX":
        name = next((known for known in mailboxes if known.upper() == "INBOX"), name)
    if name not in mailboxes:
        raise No("[NONEXISTENT] there is no such mailbox")
    return mailboxes[name]


def _selected(session: Session) -> Selected:
    if session.selected is None:
        raise ValueError("no mailbox is selected")
    if session.selected.mailbox not in session.server.mailboxes.values():
        raise No("[NONEXISTENT] the mailbox was deleted")
    return session.selected


_ON_MESSAGES = {
    "FETCH": Selected.fetch,
    "SEARCH": Selected.search,
    "STORE": Selected.store,
    "COPY": Selected.copy,
    "MOVE": Selected.move,
    "EXPUNGE": Selected.expunge,
}


def _on_messages(name: str, by_uid: bool) -> Handler:
    return lambda session, arguments: _ON_MESSAGES[name](_selected(session), arguments, by_uid)


COMMANDS: dict[str, Handler] = {
    "CAPABILITY": _capability,
    "NOOP": _nothing,
    "CHECK": _nothing,
    "LOGOUT": _logout,
    "ID": _id,
    "LOGIN": _login,
    "AUTHENTICATE": _authenticate,
    "ENABLE": _enable,
    "NAMESPACE": _namespace,
    "LIST": _list,
    "LSUB": _lsub,
    "STATUS": _status,
    "SELECT": _select,
    "EXAMINE": _examine,
    "CLOSE": _close,
    "UNSELECT": _unselect,
    "CREATE": _create,
    "DELETE": _delete,
    "RENAME": _rename,
    "SUBSCRIBE": _subscribe,
    "UNSUBSCRIBE": _unsubscribe,
    "APPEND": _append,
    **{name: _on_messages(name, by_uid=False) for name in _ON_MESSAGES},
    **{f"UID {name}": _on_messages(name, by_uid=True) for name in _ON_MESSAGES},
}
