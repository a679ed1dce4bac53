"""What is kept of forms that nobody saved yet."""

from __future__ import annotations

import pytest

from store.crm import unsaved_forms
from store.crm.unsaved_forms import Typed
from store.database import Database

FORM = "edit deal:1"


def test_a_form_says_what_was_typed_last(db: Database) -> None:
    unsaved_forms.keep(db, FORM, {"title": Typed("Renew")})
    unsaved_forms.keep(db, FORM, {"title": Typed("Renewal"), "person_id": Typed("Ana Lima", "7")})
    kept = unsaved_forms.get(db, FORM)
    assert kept is not None
    assert kept.fields == {"title": Typed("Renewal"), "person_id": Typed("Ana Lima", "7")}


def test_whom_a_list_of_people_names_is_kept_with_it(db: Database) -> None:
    unsaved_forms.keep(db, FORM, {"participants": Typed("Ana, Bo", "", {"Ana": "7", "Bo": "8"})})
    kept = unsaved_forms.get(db, FORM)
    assert kept is not None
    assert kept.fields["participants"].known == {"Ana": "7", "Bo": "8"}


def test_a_form_with_nothing_new_in_it_is_forgotten(db: Database) -> None:
    unsaved_forms.keep(db, FORM, {"title": Typed("Renewal")})
    unsaved_forms.keep(db, FORM, {})
    assert unsaved_forms.get(db, FORM) is None


def test_a_form_is_forgotten_with_its_parts_and_no_other(db: Database) -> None:
    for form in (FORM, f"{FORM}/notes", "edit deal:12"):
        unsaved_forms.keep(db, form, {"title": Typed("Renewal")})
    unsaved_forms.forget(db, FORM)
    assert unsaved_forms.get(db, FORM) is None
    assert unsaved_forms.get(db, f"{FORM}/notes") is None
    assert unsaved_forms.get(db, "edit deal:12") is not None


def test_only_so_many_forms_are_kept(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved_forms, "MOST", 3)
    for number in range(5):
        unsaved_forms.keep(db, f"edit deal:{number}", {"title": Typed("Renewal")})
    (count,) = db.read().execute("SELECT count(*) FROM unsaved_form").fetchone()
    assert count == 3
