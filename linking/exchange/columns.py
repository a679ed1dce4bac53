"""Which files a CRM in CSV has, and how their columns may be called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("users.csv",),
    "pipeline": ("pipelines.csv",),
    "stage": ("stages.csv",),
    "phase": ("phases.csv",),
    "label": ("labels.csv",),
    "custom_field": ("custom_fields.csv",),
    "organization": ("organizations.csv", "companies.csv"),
    "person": ("persons.csv", "people.csv", "contacts.csv"),
    "product": ("products.csv",),
    "lead": ("leads.csv",),
    "deal_product": ("deal_products.csv",),
    "deal": ("deals.csv",),
    "project": ("projects.csv",),
    "activity": ("activities.csv",),
    "note": ("notes.csv",),
    "link": ("links.csv",),
    "choice": ("conversations.csv",),
    "exception": ("exceptions.csv",),
    "history": ("history.csv",),
    "reference": ("references.csv",),
}
"""The files of each kind, in the order in which rows refer to each other."""
CUSTOM: Final = "custom:"
"""How the heading of a custom field begins; its name follows."""

_STAMPS: Final = "created_at updated_at created_by deleted_at"
_ITEM: Final = f"id owner_id visible_to labels followers merged_into {_STAMPS}"
_WORK: Final = (
    f"{_ITEM} title value currency status person_id org_id closed_at participants stage closed_periods"
)
_ABOUT: Final = f"id deal_id lead_id project_id person_id org_id owner_id {_STAMPS}"
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "user": f"id name email alias role team is_active edits can_manage {_STAMPS}",
        "pipeline": f"id name position {_STAMPS}",
        "stage": f"id pipeline_id name position probability rotten_days {_STAMPS}",
        "phase": f"id board name position {_STAMPS}",
        "label": f"id name colour {_STAMPS}",
        "custom_field": f"id item_kind name type choices position {_STAMPS}",
        "organization": f"{_ITEM} name domain address",
        "person": f"{_ITEM} name first_name last_name title emails email_labels email_status phone phone_labels org_id time_zone notes",
        "product": f"id name code unit price currency tax {_STAMPS}",
        "lead": f"{_WORK} source expected_close converted_deal_id",
        "deal_product": "deal_id product_id quantity price discount tax position",
        "deal": f"{_WORK} pipeline pipeline_id stage_id stage_changed_at probability expected_close lost_reason product_id quantity"
        " archived_at source_lead_id",
        "project": f"{_WORK} phase_id start_date end_date description archived_at",
        "activity": f"{_ABOUT} type subject note due_at duration_min done done_at entered_at",
        "note": f"{_ABOUT} body pinned",
        "link": "message_id kind item conversation origin by at reason",
        "choice": "message_id conversation what email value by at",
        "exception": f"id pattern effect comment {_STAMPS}",
        "history": "at by what kind item details",
        "reference": "system kind external_id id hash",
    }.items()
}
"""The columns each kind of file may have; every one but the id and the name, title, subject or body may be missing."""
WITH_CUSTOM: Final = frozenset({"organization", "person", "product", "lead", "deal", "project", "activity"})

_ALIASES: Final = {
    "email": "emails", "e-mail": "emails", "phones": "phone", "domains": "domain", "aliases": "alias",
    "organization_id": "org_id", "company_id": "org_id", "user_id": "owner_id", "author_id": "owner_id",
    "responsible_id": "owner_id", "label": "labels", "phase": "stage", "participant_ids": "participants",
    "content": "body", "add_time": "created_at", "update_time": "updated_at", "expected_close_date": "expected_close",
    "duration": "duration_min", "is_pinned": "pinned",
}  # fmt: skip


def headings(kind: str) -> dict[str, str]:
    """Return the field that each heading means, in lower case; CUSTOM itself where custom fields may be."""
    known = COLUMNS[kind]
    found = {name.replace("_", " "): name for name in known} | {name: name for name in known}
    for alias, name in _ALIASES.items():
        if name in known:
            found.setdefault(alias, name)
            found.setdefault(alias.replace("_", " "), name)
    if kind == "user":
        found["email"] = "email"
    # As exports of other CRMs head them: "Deal - Title", "Person - Email".
    found |= {f"{kind} - {heading}": name for heading, name in found.items()}
    return found | ({CUSTOM: CUSTOM} if kind in WITH_CUSTOM else {})
