"""dealbox stage and field."""

from __future__ import annotations

import json
from collections.abc import Callable

import crm_rows
import pytest

from store import actions
from store.crm import custom_fields, items, pipelines
from store.crm.items import ItemKind
from store.database import Database
from tui.cli import main as cli

Run = Callable[..., int]


@pytest.fixture
def run(db: Database) -> Run:
    return lambda *words: cli.main(["--data", str(db.directory), *words])


def names(db: Database) -> list[str]:
    return [stage.name for stage in pipelines.all(db)[0].stages]


def test_stages_are_listed_with_what_is_in_them(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_rows.a_deal(db, "Falcon")
    assert run("stage", "set", "proposal", "--rotten-days", "14") == 0
    capsys.readouterr()
    assert run("stage", "list") == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "Sales"
    assert shown[4] == "  4  Proposal, 65 %, rots after 14 days, 1 open deal"
    assert run("stage", "list", "--json") == 0
    (sales,) = json.loads(capsys.readouterr().out)
    assert (sales["stages"][3]["rotten_days"], sales["stages"][3]["deals"]) == (14, 1)


def test_a_stage_is_added_moved_renamed_and_removed(run: Run, db: Database) -> None:
    assert run("stage", "add", "Legal", "--at", "2", "--probability", "70") == 0
    assert names(db)[:3] == ["Qualified", "Legal", "Contact made"]
    assert run("stage", "set", "legal", "--name", "Contract", "--at", "6", "--probability", "none") == 0
    assert names(db)[-1] == "Contract" and pipelines.all(db)[0].stages[-1].probability is None
    assert run("stage", "remove", "Contract") == 0
    assert "Contract" not in names(db)
    actions.undo(db)
    assert names(db)[-1] == "Contract"


def test_deals_of_a_stage_that_is_removed_go_where_they_are_told(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    deal = crm_rows.a_deal(db, "Falcon")
    assert run("stage", "remove", "Proposal") == 2
    assert "1 open deals are in Proposal: say which stage they go to" in capsys.readouterr().err
    assert run("stage", "remove", "Proposal", "--to", "Proposal") == 2
    assert run("stage", "remove", "Proposal", "--to", "Demo") == 0
    card = items.get(db, deal)
    assert card is not None and card.stage == "Demo"
    actions.undo(db)
    card = items.get(db, deal)
    assert card is not None and card.stage == "Proposal"


def test_a_pipeline_has_stages_of_its_own(run: Run, db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stage", "pipeline", "Renewals") == 0
    assert run("stage", "add", "Asked", "--pipeline", "renewals") == 0
    assert run("stage", "rename-pipeline", "Renewals", "Renewed") == 0
    assert [[stage.name for stage in one.stages] for one in pipelines.all(db)][1] == ["New", "Asked"]
    assert run("stage", "remove", "Asked", "--pipeline", "Renewed") == 0
    assert run("stage", "remove", "New", "--pipeline", "Renewed") == 2
    assert "New is the only stage of Renewed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("stage", "add", " "), "it needs a name"),
        (("stage", "add", "DEMO"), "there is one called DEMO already"),
        (("stage", "add", "Legal", "--probability", "101"), "101 is not from 0 to 100 percent"),
        (("stage", "add", "Legal", "--rotten-days", "soon"), "soon is no number, nor none"),
        (("stage", "set", "Demo"), "say what to change"),
        (("stage", "set", "Nowhere", "--at", "1"), "Sales has no stage Nowhere: it has Qualified"),
        (("stage", "add", "Legal", "--pipeline", "Nowhere"), "there is no pipeline Nowhere: Sales"),
        (("field", "add", "deal", "Size", "--type", "choice"), "a choice needs something to choose from"),
        (("field", "rename", "deal", "Size", "Height"), "there is no such field of a deal: it has none"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert run(*words) == 2
    assert reason in capsys.readouterr().err


def test_fields_of_ones_own_are_added_listed_renamed_and_removed(
    run: Run, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("field", "add", "deal", "Size", "--type", "choice", "--choices", "small, large") == 0
    assert run("field", "rename", "deal", "size", "Company size") == 0
    capsys.readouterr()
    assert run("field", "list") == 0
    assert capsys.readouterr().out == "deal  Company size  choice: small, large\n"
    assert run("field", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["choices"] == ["small", "large"]
    assert run("field", "remove", "deal", "Company size") == 0
    assert custom_fields.all(db, ItemKind.DEAL) == ()
