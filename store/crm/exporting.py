"""Everything of the CRM as rows with what belongs to them, in an order that only depends on what they say."""

# ruff: noqa: S608 - every query is put together from our own text
from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

Values = dict[str, Any]
_CHUNK: Final = 1000

_STAMPS: Final = "t.created_at, t.updated_at, t.created_by, t.deleted_at"


def _listed(value: str, rest: str) -> str:
    return f"(SELECT json_group_array({value}) FROM (SELECT * {rest}))"


def _labels(kind: str) -> str:
    rest = f"FROM item_label i JOIN label l ON l.id = i.label_id WHERE i.item_kind = '{kind}' AND i.item_id = t.id ORDER BY l.name"
    return f"(SELECT json_group_array(name) FROM (SELECT l.name AS name {rest})) AS labels"


def _followers(kind: str) -> str:
    return (
        _listed(
            "user_id", f"FROM item_follower WHERE item_kind = '{kind}' AND item_id = t.id ORDER BY user_id"
        )
        + " AS followers"
    )


def _custom(kind: str) -> str:
    rest = f"FROM custom_value v WHERE v.item_kind = '{kind}' AND v.item_id = t.id ORDER BY v.field_id"
    return f"(SELECT json_group_object(field_id, value) FROM (SELECT * {rest})) AS custom"


def _closed(kind: str) -> str:
    rest = f"FROM closed_period WHERE item_kind = '{kind}' AND item_id = t.id ORDER BY closed_at"
    return _listed("json_array(closed_at, reopened_at)", rest) + " AS closed_periods"


def _item(kind: str) -> str:
    return f"t.owner_id, t.visible_to, {_labels(kind)}, {_followers(kind)}, t.merged_into, {_custom(kind)}, {_STAMPS}"


def _work(kind: str) -> str:
    return (
        f"t.id, t.title, t.value, t.currency, t.status, t.person_id, t.org_id, {_closed(kind)}, {_item(kind)}"
    )


_ABOUT: Final = f"t.deal_id, t.lead_id, t.project_id, t.person_id, t.org_id, {_STAMPS}"
_EMAILS: Final = _listed(
    "json_array(email, label, status)",
    "FROM person_email WHERE person_id = t.id ORDER BY is_primary DESC, email",
)
_PHONES: Final = _listed(
    "json_array(phone, label)", "FROM person_phone WHERE person_id = t.id ORDER BY is_primary DESC, phone"
)
_DOMAINS: Final = _listed("domain", "FROM organization_domain WHERE organization_id = t.id ORDER BY domain")
_PARTICIPANTS: Final = _listed("person_id", "FROM deal_participant WHERE deal_id = t.id ORDER BY person_id")

# All text here is ours.
_QUERIES: Final[Mapping[str, str]] = {
    "user": (
        "SELECT t.id, t.name, t.email, t.aliases, t.is_admin, t.is_active, t.team, t.edits, t.can_manage,"
        f" {_STAMPS} FROM workspace_user t ORDER BY t.created_at, t.id"
    ),
    "pipeline": f"SELECT t.id, t.name, t.position, {_STAMPS} FROM pipeline t ORDER BY t.position, t.id",
    "stage": (
        f"SELECT t.id, t.pipeline_id, t.name, t.position, t.probability, t.rotten_days, {_STAMPS} FROM stage t"
        " JOIN pipeline p ON p.id = t.pipeline_id ORDER BY p.position, p.id, t.position, t.id"
    ),
    "phase": f"SELECT t.id, t.board, t.name, t.position, {_STAMPS} FROM phase t ORDER BY t.board, t.position, t.id",
    "label": f"SELECT t.id, t.name, t.colour, {_STAMPS} FROM label t ORDER BY t.name, t.id",
    "custom_field": (
        f"SELECT t.id, t.item_kind, t.name, t.type, t.choices, t.position, {_STAMPS} FROM custom_field t"
        " ORDER BY t.item_kind, t.position, t.name, t.id"
    ),
    "organization": (
        f"SELECT t.id, t.name, {_DOMAINS} AS domain, t.address, {_item('organization')} FROM organization t"
        " ORDER BY t.created_at, t.id"
    ),
    "person": (
        f"SELECT t.id, t.name, t.first_name, t.last_name, t.title, {_EMAILS} AS emails, {_PHONES} AS phones, t.org_id, t.time_zone,"
        f" t.notes, {_item('person')} FROM person t ORDER BY t.created_at, t.id"
    ),
    "product": (
        f"SELECT t.id, t.name, t.code, t.unit, t.price, t.currency, t.tax, {_custom('product')}, {_STAMPS} FROM product t"
        " ORDER BY t.created_at, t.id"
    ),
    "lead": (
        f"SELECT {_work('lead')}, t.source, t.expected_close, t.closed_at, t.converted_deal_id FROM lead t"
        " ORDER BY t.created_at, t.id"
    ),
    "deal_product": (
        "SELECT t.deal_id, t.product_id, t.quantity, t.price, t.discount, t.tax, t.position FROM deal_product t"
        " ORDER BY t.deal_id, t.position, t.product_id"
    ),
    "deal": (
        f"SELECT {_work('deal')}, {_PARTICIPANTS} AS participants, p.name AS pipeline, s.name AS stage, t.pipeline_id, t.stage_id,"
        " t.stage_changed_at, t.probability, t.expected_close, t.lost_reason, t.won_at, t.lost_at, t.archived_at, t.source_lead_id"
        " FROM deal t LEFT JOIN pipeline p ON p.id = t.pipeline_id LEFT JOIN stage s ON s.id = t.stage_id"
        " ORDER BY t.created_at, t.id"
    ),
    "project": (
        f"SELECT {_work('project')}, s.name AS stage, t.phase_id, t.start_date, t.end_date, t.description, t.closed_at, t.archived_at"
        " FROM project t LEFT JOIN phase s ON s.id = t.phase_id ORDER BY t.created_at, t.id"
    ),
    "activity": (
        "SELECT t.id, t.type, t.subject, t.note, t.due_at, t.duration_min, t.done_at, t.entered_at,"
        f" t.responsible_id AS owner_id, {_custom('activity')}, {_ABOUT} FROM activity t ORDER BY t.created_at, t.id"
    ),
    "note": (
        f"SELECT t.id, t.body, t.is_pinned AS pinned, t.author_id AS owner_id, {_ABOUT} FROM note t ORDER BY t.created_at, t.id"
    ),
    # Of a conversation that is linked, or was unlinked by hand, every Message-ID: whichever comes first brings it back.
    "link": (
        "SELECT t.uuid AS conversation, e.message_id, l.item_kind AS kind, l.item_id AS item, l.origin, l.by_user AS by, l.at, l.reason"
        " FROM item_link l JOIN thread t ON t.id = l.thread_id JOIN email e ON e.thread_id = t.id"
        " WHERE l.slot = 'item' AND e.message_id <> '' AND e.bcc_token IS NULL"
        " UNION SELECT conversation, message_id, item_kind, item_id, origin, by_user, at, reason FROM awaited_link"
        " ORDER BY 1, 2"
    ),
    # Of a conversation everything else that somebody chose: who is who, its main person, who sees it.
    "choice": (
        "SELECT t.uuid AS conversation, e.message_id, c.what, c.email, c.value, c.by, c.at FROM"
        " (SELECT thread_id, 'person' AS what, email, coalesce(person_id, '') AS value, by_user AS by, at FROM participant_override"
        " UNION ALL SELECT thread_id, slot, '', item_id, by_user, at FROM item_link WHERE slot <> 'item' AND item_id IS NOT NULL"
        " UNION ALL SELECT t.id, 'visibility', '', t.visibility, a.by_user, max(a.at) FROM thread t"
        " JOIN audit a ON a.object = 'thread:' || t.id AND a.what = 'visibility' GROUP BY t.id"
        ") c JOIN thread t ON t.id = c.thread_id JOIN email e ON e.thread_id = t.id WHERE e.message_id <> '' AND e.bcc_token IS NULL"
        " UNION SELECT conversation, message_id, what, email, value, by_user, at FROM awaited_choice ORDER BY 1, 2, 3, 4"
    ),
    "exception": f"SELECT t.id, t.pattern, t.effect, t.comment, {_STAMPS} FROM crm_exception t ORDER BY t.pattern, t.effect, t.id",
    # What timelines tell; what names a conversation by its number means nothing elsewhere.
    "history": (
        "SELECT at, by_user AS by, what, substr(object, 1, instr(object, ':') - 1) AS kind,"
        " substr(object, instr(object, ':') + 1) AS item, details FROM audit WHERE substr(object, 1, instr(object, ':') - 1)"
        " IN ('person', 'organization', 'deal', 'lead', 'project', 'activity', 'note', 'product')"
        " AND details ->> 'thread' IS NULL ORDER BY at, id"
    ),
    "reference": (
        "SELECT system, kind, external_id, local_id AS id, lower(hex(hash)) AS hash FROM external_ref"
        " WHERE external_id <> local_id ORDER BY system, kind, external_id"
    ),
}
KINDS: Final = tuple(_QUERIES)
"""What there are rows of, in the order in which they refer to each other."""
_JSON: Final = frozenset(
    {
        "labels",
        "followers",
        "custom",
        "closed_periods",
        "emails",
        "phones",
        "domain",
        "participants",
        "choices",
    }
)


def rows(connection: sqlite3.Connection, kind: str) -> Iterator[Values]:
    """Yield every row of a kind, deleted ones too. Leave no iteration half done: it reads from an open statement."""
    found = connection.execute(_QUERIES[kind])
    names = [column[0] for column in found.description]
    while chunk := found.fetchmany(_CHUNK):
        for row in chunk:
            yield {
                name: json.loads(value) if name in _JSON and value is not None else value
                for name, value in zip(names, row, strict=True)
            }
