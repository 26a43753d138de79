#!/usr/bin/env python3
"""Asks protoc what it makes of the files in tests/constructs, and writes it to their .expected.

    venv/bin/python compiler/tests/compare/constructs.py

See tests/constructs.rs for the form of both. Needs `pip install grpcio-tools`.
"""

import base64
import re
import tempfile
from pathlib import Path

from compare import BUILT_IN, protoc
from constructs_cases import FOLDER, cases

def main():
    for path in sorted(FOLDER.glob("*.txt")):
        lines = []
        for name, files in cases(path.read_bytes().decode()):
            with tempfile.TemporaryDirectory() as folder:
                for file, content in files.items():
                    target = Path(folder) / "in" / file
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.encode())
                found, said = protoc("t.proto", [f"{folder}/in", BUILT_IN], True, f"{folder}/out")
            if "*** Check failure stack trace" in said:
                lines.append(f"{name}: aborted")
            elif found is None:
                why = [line for line in said.splitlines() if not re.search(r"[:] warning[:]|^W0000", line)]
                lines.append(f"{name}: refused # {why[0].replace(f'{folder}/in/', '') if why else ''}")
            else:
                lines.append(f"{name}: {base64.b64encode(found).decode()}")
        path.with_suffix(".expected").write_text("\n".join(lines) + "\n")
        print(f"{path.name}: {len(lines)}")


if __name__ == "__main__":
    main()
