#!/usr/bin/env python3
"""Writes changed files to a folder, for compare.py to hold against protoc.

    compiler/tests/compare/mutate.py FOLDER COUNT SEED [FROM]
    venv/bin/python compiler/tests/compare/compare.py --source-info FOLDER

The files are those below FROM, or else the constructs that protoc takes. Tokens are left out, doubled, exchanged, or replaced by others of the same file.
"""

import random
import re
import sys
from pathlib import Path

from constructs_cases import FOLDER, cases

TOKEN = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*\n|/\*.*?\*/|[A-Za-z_0-9.]+|\s+|.', re.S)
WORDS = [b"{", b"}", b"[", b"]", b"(", b")", b";", b"=", b",", b".", b"-", b"0", b"1", b"2", b"19000", b"536870911", b"max", b"optional",
         b"repeated", b"message", b"option", b"stream", b"map<", b"string", b"int32", b"M", b"a", b'"a"', b"true", b"inf", b"1.5", b"//x\n"]


def constructs():
    alone = []
    for path in sorted(FOLDER.glob("*.txt")):
        refused = re.findall("^(.*): (?:refused|aborted)", path.with_suffix(".expected").read_text(), re.M)
        for name, files in cases(path.read_bytes().decode()):
            if len(files) == 1 and name not in refused:
                alone.append(files["t.proto"])
    return alone


def main():
    folder, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    alone = [path.read_text() for path in sorted(Path(sys.argv[4]).rglob("*.proto"))] if len(sys.argv) > 4 else constructs()
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        tokens = TOKEN.findall(chance.choice(alone).encode())
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            if not tokens:
                break
            at = chance.randrange(len(tokens))
            kind = chance.randrange(5)
            if kind == 0:
                del tokens[at]
            elif kind == 1:
                tokens.insert(at, tokens[at])
            elif kind == 2:
                other = chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            elif kind == 3:
                tokens[at] = chance.choice(tokens)
            else:
                tokens[at] = chance.choice(WORDS)
        (folder / f"m{index}.proto").write_bytes(b"".join(tokens))


if __name__ == "__main__":
    main()
