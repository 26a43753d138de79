"""The cases in tests/constructs."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "constructs"
SYNTAX = {"proto2": 'syntax = "proto2"; ', "proto3": 'syntax = "proto3"; '}


def cases(text):
    """The names of the cases, and the files of each."""
    for part in re.split(r"^== ", text, flags=re.M)[1:]:
        head, body = part.split("\n", 1)
        name, syntax = (word.strip() for word in head.rsplit("|", 1))
        start = SYNTAX.get(syntax, f'edition = "{syntax}"; ' if syntax else "")
        first, *others = re.split(r"^-- ", body, flags=re.M)
        files = {"t.proto": start + first}
        for other in others:
            path, content = other.split("\n", 1)
            files[path] = content
        yield name, files
