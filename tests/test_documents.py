"""What the documents say of the code is true of it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACT = re.findall(
    r"^@?((?:mail|store|linking|sync|tui)(?:\.\w+)+)",
    "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL)),
    re.MULTILINE,
)
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", CONTRACT)
def test_what_the_architecture_names_exists(name: str) -> None:
    module, found = name.split("."), []
    while module:
        try:
            thing: object = importlib.import_module(".".join(module))
            break
        except ModuleNotFoundError:
            found.insert(0, module.pop())
    for part in found:
        thing = getattr(thing, part)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_and_paths_in_the_documents_lead_somewhere(document: Path) -> None:
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in link]
    paths = re.findall(r"`((?:mail|store|linking|providers|sync|tui|docs)/[\w/]+\.\w+)`", text)
    assert [link for link in links if not (ROOT / document.parent / link).exists()] == []
    assert [path for path in paths if not (ROOT / path).exists()] == []
