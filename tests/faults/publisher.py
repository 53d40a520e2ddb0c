"""A builder that publishes one revision after another until it is killed; run by test_publish.py.

usage: publisher.py INDEX COUNCIL FIRST
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from bot import index as disk
from index_builder.publish import local_today, one_builder, publish


def publish_again(index: Path, present: disk.Index, fresh: str) -> None:
    """Publish a revision again under another name, which also stands in each section."""
    council = present.revision.council.name
    manifest = disk.read_manifest(index / council / present.revision.name)
    sections = tuple(replace(section, heading=fresh) for section in present.revision.sections)
    made = replace(present, revision=replace(present.revision, name=fresh, sections=sections))
    with one_builder(index / council):
        publish(index, made, {key: manifest[key] for key in ("knowledge", "encoder")}, local_today())


def main(index: Path, council: str, number: int) -> None:
    """Publish the revision in force again and again, saying each name once it is done."""
    present = disk.load(index, council, str(disk.current(index / council)))
    while True:
        number += 1
        fresh = f"2026-01-01-{number:08x}"
        publish_again(index, present, fresh)
        sys.stdout.write(f"{fresh}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
