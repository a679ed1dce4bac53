"""The mail programs we are measured beside, each with a configuration of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from pty_terminal import PtyTerminal

from bench import places
from bench.figures import median


def why_not(name: str) -> str:
    if not shutil.which(name):
        return f"{name} is not installed"
    return "set BENCH_PEERS=1 to build its index (minutes)"


def aerc_start(maildir: Path) -> float | None:
    """Return seconds until aerc has drawn the list of the same Maildir, its second run counted first."""
    home = places.cache() / "aerc"
    config = home / "aerc"
    config.mkdir(mode=0o700, parents=True, exist_ok=True)
    accounts = config / "accounts.conf"
    accounts.write_text(
        f"[bench]\nsource = maildirpp://{maildir}\ndefault = INBOX\nfrom = me@harborline.example\n"
    )
    accounts.chmod(0o600)
    (config / "aerc.conf").write_text("[ui]\nsort = -r date\n")
    env = {"XDG_CONFIG_HOME": str(home), "HOME": str(home)}
    times = []
    for _ in range(4):
        with PtyTerminal(["aerc"], env=env) as terminal:
            answer = terminal.read(quiet_s=1.5, timeout_s=60)
            if answer.last_s is not None:
                times.append(answer.last_s)
    return median(times[1:])


def searcher(name: str, maildir: Path) -> Callable[[str], object]:
    """Return a function that asks `name` for the first fifty, after building its index."""
    home = places.cache() / f"{name}-{places.messages()}"
    env = {
        **os.environ,
        "HOME": str(home),
        "NOTMUCH_CONFIG": str(home / "config"),
        "MUHOME": str(home / "mu"),
    }
    if name == "notmuch":
        first = ["notmuch", "search", "--limit=50"]
        if not (home / "complete").is_file():
            home.mkdir(exist_ok=True)
            (home / "config").write_text(f"[database]\npath={home}/db\nmail_root={maildir}\n")
            (home / "db").mkdir(exist_ok=True)
            _run(["notmuch", "new", "--quiet"], env)
    else:
        first = ["mu", "find", "--maxnum=50", "--sortfield=date", "--reverse"]
        if not (home / "complete").is_file():
            home.mkdir(exist_ok=True)
            _run(["mu", "init", f"--maildir={maildir}"], env)
            _run(["mu", "index", "--quiet"], env)
    (home / "complete").touch()
    return lambda text: _run([*first, *text.split()], env)


def _run(command: list[str], env: dict[str, str]) -> None:
    subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
