"""Where measured mailboxes and stores are kept between runs, and how the programs are called."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / ".." / "shared" / "corpus" / "make_corpus.py"
DEALBOX = str(Path(sys.executable).parent / "dealbox")
WORKER = str(Path(sys.executable).parent / "dealbox-sync")


def messages() -> int:
    return int(os.environ.get("BENCH_MESSAGES", "100000"))


def cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or "/tmp")
    directory = base / "dealbox-bench"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def schema() -> str:
    """Return a name for the tables of today, so that a store of other tables is not measured."""
    scripts = b"".join(path.read_bytes() for path in sorted((ROOT / "store" / "migrations").glob("*.sql")))
    return hashlib.sha256(scripts).hexdigest()[:8]


def corpus() -> Path | None:
    """Return the Maildir of the shared corpus, made when it is not there; None without the corpus."""
    if not CORPUS.is_file():
        return None
    place = cache() / f"corpus-{messages()}"
    if not (place / "complete").is_file():
        shutil.rmtree(place, ignore_errors=True)
        print(f"Making a corpus of {messages():,} messages ...", flush=True)
        command = [
            sys.executable,
            str(CORPUS),
            str(place),
            "--messages",
            str(messages()),
            "--seed",
            "7",
            "--crm",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (place / "complete").touch()
    return place / "maildir"


def fresh(name: str) -> Path:
    """Return an empty data directory."""
    directory = cache() / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    return directory


def add_account(data: Path, maildir: Path) -> None:
    command = [
        DEALBOX,
        "--data",
        str(data),
        "account",
        "add",
        "maildir",
        str(maildir),
        "--address",
        "me@harborline.example",
    ]
    subprocess.run(command, check=True, capture_output=True)


def synced() -> Path | None:
    """Return a data directory in step with the corpus; None without the corpus."""
    maildir = corpus()
    if maildir is None:
        return None
    data = cache() / f"synced-{messages()}-{schema()}"
    if not (data / "complete").is_file():
        fresh(data.name)
        add_account(data, maildir)
        print("Synchronising it ...", flush=True)
        subprocess.run([WORKER, "--data", str(data), "--once"], check=True)
        (data / "complete").touch()
    return data


def settings(text: str) -> dict[str, str]:
    """Return an environment in which dealbox has these settings."""
    path = cache() / f"config-{hashlib.sha256(text.encode()).hexdigest()[:8]}.toml"
    path.write_text(text)
    # Compiled modules are written, as an installed program has them: compiling ours would double its start.
    return {"DEALBOX_CONFIG": str(path), "TEXTUAL_ANIMATIONS": "none", "PYTHONDONTWRITEBYTECODE": ""}


def stop(data: Path) -> None:
    """End the worker that a screen started on `data`."""
    subprocess.run([DEALBOX, "--data", str(data), "worker", "stop"], check=False, capture_output=True)
