from __future__ import annotations

from pathlib import Path

import pytest
from checking import Check
from conformance import CHECKS
from other_sides import DOTTED, NESTED, PLAIN, UNDER_INBOX, MaildirOtherSide, Style

STYLES = {"dotted": DOTTED, "nested": NESTED, "plain": PLAIN, "under_inbox": UNDER_INBOX}


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_maildir_conforms(check: Check, style: Style, tmp_path: Path) -> None:
    check(MaildirOtherSide(tmp_path / "mail", style))
