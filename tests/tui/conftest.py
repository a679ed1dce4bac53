from __future__ import annotations

import textual.app
import textual.pilot
from waiting import until_idle

textual.app.wait_for_idle = until_idle  # type: ignore[attr-defined]
textual.pilot.wait_for_idle = until_idle  # type: ignore[attr-defined]
