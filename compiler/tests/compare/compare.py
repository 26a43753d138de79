#!/usr/bin/env python3
"""Compares the descriptors of this compiler with protoc's, file by file.

    python3 -m venv venv && venv/bin/pip install grpcio-tools
    cargo build --release -p puregrpc-proto --example protoset
    venv/bin/python compiler/tests/compare/compare.py [--source-info] [--only TEXT] ROOT[:INCLUDE...] ...

Every .proto file below each ROOT is compiled by both, with ROOT and the INCLUDE folders as include
folders. A file counts as
    equal      both take it, and the descriptors are the same bytes
    map-order  equal, but for the order of a map's entries, which protoc leaves to chance
    refused    neither takes it
    different  both take it, and the descriptors differ
    only-us, only-protoc   one takes it and the other does not
Files of the last three kinds are listed with the reason. The exit status is 0 if there are none.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from grpc_tools import _protoc_compiler
import grpc_tools

OURS = Path(__file__).resolve().parents[3] / "target/release/examples/protoset"
BUILT_IN = str(Path(grpc_tools.__file__).parent / "_proto")


def protoc(file, includes, source_info, out):
    """The descriptor set that protoc writes, or None; and what it says.

    It runs in a process of its own, since some files make it abort."""
    arguments = ["protoc", *(f"-I{folder}" for folder in includes), f"--descriptor_set_out={out}", file]
    if source_info:
        arguments.append("--include_source_info")
    if os.path.exists(out):
        os.remove(out)
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 2)
            status = _protoc_compiler.run_main([argument.encode() for argument in arguments])
            os._exit(status)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return (Path(out).read_bytes() if status == 0 else None), text


def compare(root, includes, options, totals):
    folders = [root, *includes, BUILT_IN]
    files = sorted(str(path.relative_to(root)) for path in Path(root).rglob("*.proto"))
    files = [file for file in files if options.only in file]
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "list").write_text("\n".join(files))
        arguments = [str(OURS), "--each", "-o", work]
        for folder in folders:
            arguments += ["-I", folder]
        if options.source_info:
            arguments.append("--source-info")
        subprocess.run([*arguments, f"@{work}/list"], check=True)
        for index, file in enumerate(files):
            theirs, said = protoc(file, folders, options.source_info, f"{work}/theirs")
            path = Path(work) / f"{index}.binpb"
            ours = path.read_bytes() if path.exists() else None
            faults = "" if ours is not None else (Path(work) / f"{index}.txt").read_text()
            kind = judge(ours, theirs)
            totals[kind] = totals.get(kind, 0) + 1
            if kind not in GOOD:
                print(f"{kind}: {root}: {file}")
                lines = [line for line in said.splitlines() if "warning" not in line.lower()]
                reason = {"only-us": lines, "only-protoc": faults.splitlines()}.get(kind, [])
                print("".join(f"    {line}\n" for line in reason[:8]), end="")
                if kind == "different":
                    keep(options, root, file, ours, theirs)


GOOD = ("equal", "map-order", "refused")


def judge(ours, theirs):
    if ours is None or theirs is None:
        return "refused" if ours is theirs else ("only-protoc" if ours is None else "only-us")
    if ours == theirs:
        return "equal"
    return "map-order" if ordered(ours) == ordered(theirs) else "different"


def ordered(data):
    """The fields of a message, values of the same field in the order of their bytes. What can be
    read as a message is taken for one: that is good enough to compare two of the same shape."""
    fields, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0 or wire not in (0, 1, 2, 3, 4, 5):
            raise ValueError
        if wire == 0:
            value, at = varint(data, at)
        elif wire in (3, 4):
            value = None
        else:
            length = {1: 8, 5: 4}.get(wire)
            if length is None:
                length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            if at > len(data):
                raise ValueError
            if wire == 2:
                try:
                    value = ordered(value)
                except (ValueError, IndexError):
                    pass
        fields.append((number, wire, value))
    return sorted(fields, key=repr)


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError


def keep(options, root, file, ours, theirs):
    """Keeps both descriptors of a file for a look at them."""
    if options.keep:
        name = file.replace("/", "_")
        os.makedirs(options.keep, exist_ok=True)
        (Path(options.keep) / f"{name}.ours").write_bytes(ours)
        (Path(options.keep) / f"{name}.theirs").write_bytes(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="+")
    parser.add_argument("--source-info", action="store_true")
    parser.add_argument("--only", default="", help="only files with this text in their paths")
    parser.add_argument("--keep", help="a folder for the descriptors that differ")
    options = parser.parse_args()
    whole = {}
    for root in options.roots:
        root, *includes = root.split(":")
        totals = {}
        compare(root, includes, options, totals)
        print(f"{root}: " + ", ".join(f"{count} {kind}" for kind, count in sorted(totals.items())), flush=True)
        for kind, count in totals.items():
            whole[kind] = whole.get(kind, 0) + count
    print("all: " + ", ".join(f"{count} {kind}" for kind, count in sorted(whole.items())))
    sys.exit(any(kind not in GOOD for kind in whole))


if __name__ == "__main__":
    main()
