"""Where an item of another program stands here: its pipeline and stage, its phase, and whether it is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from linking.exchange.intake import Intake

_WON: Final = frozenset(
    [
        "won",
        "closed won",
        "deal won",
        "win",
        "gewonnen",
        "auftrag gewonnen",
        "ganado",
        "ganada",
        "negociación ganada",
        "vinto",
        "vinta",
        "affare vinto",
        "ganho",
        "negócio ganho",
        "wygrana",
        "успех",
        "выиграна",
        "сделка успешна",
        "успешная сделка",
        "gagné",
        "gagnée",
    ]
)
_LOST: Final = frozenset(
    [
        "lost",
        "closed lost",
        "deal lost",
        "verloren",
        "auftrag verloren",
        "perdido",
        "perdida",
        "negociación perdida",
        "perso",
        "persa",
        "affare perso",
        "negócio perdido",
        "przegrana",
        "проиграна",
        "сделка проиграна",
        "провал",
        "perdu",
        "perdue",
    ]
)
_OPEN: Final = frozenset(
    [
        "open",
        "new",
        "in progress",
        "active",
        "not archived",
        "offen",
        "neu",
        "abierto",
        "abierta",
        "aperto",
        "aperta",
        "aberto",
        "открыта",
        "в работе",
        "новый",
        "новая",
        "ouvert",
        "ouverte",
    ]
)
_OTHERS: Final[Mapping[str, Mapping[str, str]]] = {
    "deal": {
        "deleted": "deleted", "gelöscht": "deleted", "eliminado": "deleted", "excluído": "deleted", "supprimé": "deleted",
        "supprimée": "deleted", "archived": "archived", "closed": "lost",
    },
    "lead": {
        "deleted": "deleted", "archived": "archived", "converted": "converted", "qualified": "open", "unqualified": "archived",
        "junk": "archived", "junk lead": "archived", "good lead": "converted", "bad timing": "archived", "connected": "open",
        "attempted to contact": "open", "open deal": "converted", "closed": "archived", "lost": "archived", "won": "converted",
    },
    "project": {
        "deleted": "deleted", "archived": "archived", "completed": "completed", "done": "completed", "closed": "completed",
        "finished": "completed", "canceled": "canceled", "cancelled": "canceled",
    },
}  # fmt: skip
_IN_BRACKETS: Final = re.compile(r"(.+?)\s*\(([^()]*)\)")


def closed_as(kind: str, status: str, stage: str) -> str | None:
    """Return the status that a row's status or, of a deal, its stage means: "" when neither says, None when it is not known."""
    known = _known(kind, status)
    if known is None and status:
        return None
    if known:
        return known
    return _known(kind, stage) if kind == "deal" and _bare(stage) in _WON | _LOST else ""


def _bare(text: str) -> str:
    match = _IN_BRACKETS.fullmatch(text)
    return (match[1] if match else text).replace("_", " ").casefold().strip()


def _known(kind: str, text: str) -> str | None:
    bare = _bare(text)
    if not bare:
        return ""
    if bare in _OTHERS[kind]:
        return _OTHERS[kind][bare]
    if bare in _OPEN:
        return "open"
    if kind == "deal":
        return "won" if bare in _WON else "lost" if bare in _LOST else None
    return None


class Stages:
    """The pipelines, stages and phases here, by what files call them. Nothing is made: a stage is a decision."""

    def __init__(
        self,
        intake: Intake,
        pipelines: Mapping[str, str],
        steps: Sequence[tuple[str, str, str, str, int]],
        stage_map: Mapping[str, str],
    ) -> None:
        self._intake = intake
        self._pipelines = {name.casefold(): (name, pipeline_id) for name, pipeline_id in pipelines.items()}
        self._default = next(iter(pipelines), "")
        self._steps: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for step_id, sort, belongs, name, _ in steps:
            self._steps.setdefault((sort, belongs), []).append((step_id, name))
        self._map = {heading.casefold(): name for heading, name in stage_map.items()}

    def of_deal(
        self, line: int, pipeline: str, stage: str, *, is_closed: bool
    ) -> tuple[str | None, str | None]:
        """Return pipeline and stage of a deal; one that is not known is told, and the deal put into the first."""
        match = _IN_BRACKETS.fullmatch(stage)
        if match and not pipeline and match[2].casefold() in self._pipelines:
            pipeline = match[2]
        name, pipeline_id = self._pipeline(line, pipeline)
        steps = self._steps.get(("pipeline", name), [])
        if not steps:
            return pipeline_id, None
        found = _called(steps, self._map.get(stage.casefold(), stage)) or (
            _called(steps, match[1]) if match else None
        )
        if found is None and is_closed:
            return pipeline_id, steps[-1][0]
        if found is None and stage:
            self._intake.tell_once(
                line,
                f"there is no stage “{stage}” in the pipeline {name}: put into {steps[0][1]}; or say --stage-map",
            )
        return pipeline_id, found or steps[0][0]

    def _pipeline(self, line: int, name: str) -> tuple[str, str | None]:
        found = self._pipelines.get((name or self._default).casefold())
        if found is None and name:
            self._intake.tell_once(line, f"there is no pipeline “{name}”: put into {self._default}")
            found = self._pipelines.get(self._default.casefold())
        return found or ("", None)

    def of_project(self, line: int, phase: str) -> str | None:
        """Return the phase of a project; one that is not known is told, and the project put into the first."""
        steps = self._steps.get(("board", ""), [])
        if not steps:
            return None
        found = _called(steps, self._map.get(phase.casefold(), phase))
        if found is None and phase:
            self._intake.tell_once(
                line, f"there is no phase “{phase}”: put into {steps[0][1]}; or say --stage-map"
            )
        return found or steps[0][0]


def _called(steps: Sequence[tuple[str, str]], name: str) -> str | None:
    return next((step_id for step_id, known in steps if name and known.casefold() == name.casefold()), None)
