from __future__ import annotations

import makers

from store.crm import users
from store.crm.users import NOBODY_ELSE
from store.database import Database


def a_user(db: Database, name: str, email: str, aliases: str = "", *, is_admin: bool = False) -> None:
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workspace_user (id, name, email, aliases, is_admin, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, 1, 1)",
            (name.lower(), name, email, aliases, is_admin),
        )


def test_who_is_no_user_of_a_workspace_has_the_crm_to_themselves(db: Database) -> None:
    makers.an_account(db, "me@dealbox.example")
    a_user(db, "Bo", "bo@dealbox.example")
    assert users.me(db.read()) == NOBODY_ELSE
    assert NOBODY_ELSE.id == "" and NOBODY_ELSE.is_admin


def test_me_is_the_user_with_the_address_of_an_account(db: Database) -> None:
    makers.an_account(db, "Noa@Dealbox.Example")
    a_user(db, "Bo", "bo@dealbox.example")
    a_user(db, "Noa", "noa@dealbox.example", is_admin=True)
    me = users.me(db.read())
    assert (me.name, me.is_admin) == ("Noa", True)


def test_me_is_found_by_the_aliases_of_both(db: Database) -> None:
    account = makers.an_account(db, "me@dealbox.example")
    a_user(db, "Noa", "noa@here.example", "n.other@here.example n@alias.example")
    assert users.me(db.read()) == NOBODY_ELSE
    with db.write() as connection:
        connection.execute("UPDATE account SET aliases = '[\"n@alias.example\"]' WHERE id = ?", (account,))
    assert users.me(db.read()).name == "Noa"


def test_of_several_users_the_one_of_the_first_account_is_me(db: Database) -> None:
    makers.an_account(db, "noa@dealbox.example")
    makers.an_account(db, "bo@dealbox.example")
    a_user(db, "Bo", "bo@dealbox.example")
    a_user(db, "Noa", "noa@dealbox.example")
    assert users.me(db.read()).name == "Noa"
    assert [user.name for user in users.all(db)] == ["Bo", "Noa"]
