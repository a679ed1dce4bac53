"""`make bench`: every figure with its limit, and its ratio to the reference measured in the same run."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

TOPICS = {
    "startup": "Start-up and memory of the screen",
    "keys": "Keys, pty of 120x40",
    "searching": "Search in the store",
    "syncing": "The worker",
    "linking": "Linking and items",
    "headers": "Mail told by its header",
    "servers": "An account on a server",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("topics", nargs="*", choices=[*TOPICS, []], help="all of them by default")
    topics = parser.parse_args().topics or list(TOPICS)
    root = Path(__file__).parents[1]
    sys.path[:0] = [str(root), str(root / "tests")]
    from bench.figures import print_table
    from bench.places import messages

    print(
        f"dealbox on Python {platform.python_version()}, {os.cpu_count()} cores, corpus of {messages():,} messages"
    )
    for topic in topics:
        print_table(TOPICS[topic], importlib.import_module(f"bench.{topic}").figures())
    return 0


if __name__ == "__main__":
    sys.exit(main())
