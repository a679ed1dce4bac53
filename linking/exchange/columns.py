"""Which files a CRM in CSV has, and how their columns may be called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("users.csv",),
    "organization": ("organizations.csv", "companies.csv"),
    "person": ("persons.csv", "people.csv", "contacts.csv"),
    "product": ("products.csv",),
    "lead": ("leads.csv",),
    "deal": ("deals.csv",),
    "project": ("projects.csv",),
    "activity": ("activities.csv",),
    "note": ("notes.csv",),
    "link": ("links.csv",),
}
"""The files of each kind, in the order in which rows refer to each other."""

_WORK: Final = "id title value currency status person_id org_id owner_id visible_to labels created_at closed_at participants"
_ABOUT: Final = "id deal_id lead_id project_id person_id org_id owner_id created_at"
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "user": "id name email alias role team created_at",
        "organization": "id name domain address owner_id visible_to labels created_at",
        "person": "id name first_name last_name title emails phone org_id owner_id visible_to time_zone labels created_at",
        "product": "id name code unit price currency tax created_at",
        "lead": f"{_WORK} stage source expected_close",
        "deal": f"{_WORK} stage pipeline probability expected_close lost_reason product_id quantity",
        "project": f"{_WORK} stage start_date end_date",
        "activity": f"{_ABOUT} type subject note due_at duration_min done done_at",
        "note": f"{_ABOUT} body pinned",
        "link": "message_id kind item",
    }.items()
}
"""The columns each kind of file may have; every one but the id and the name, title, subject or body may be missing."""

_ALIASES: Final = {
    "email": "emails", "e-mail": "emails", "phones": "phone", "domains": "domain", "aliases": "alias",
    "organization_id": "org_id", "company_id": "org_id", "user_id": "owner_id", "author_id": "owner_id",
    "responsible_id": "owner_id", "label": "labels", "phase": "stage", "participant_ids": "participants",
    "content": "body", "add_time": "created_at", "expected_close_date": "expected_close", "duration": "duration_min",
}  # fmt: skip


def headings(kind: str) -> dict[str, str]:
    """Return the field that each heading means, in lower case."""
    known = COLUMNS[kind]
    found = {name.replace("_", " "): name for name in known} | {name: name for name in known}
    for alias, name in _ALIASES.items():
        if name in known:
            found.setdefault(alias, name)
            found.setdefault(alias.replace("_", " "), name)
    if kind == "user":
        found["email"] = "email"
    # As exports of other CRMs head them: "Deal - Title", "Person - Email".
    return found | {f"{kind} - {heading}": name for heading, name in found.items()}
