"""What a run was made on and with. Nothing in it tells whose machine it is."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
import tomllib

from .building import HERE, WORKSPACE

PACKAGES = [
    "puregrpc", "h2", "protobuf", "tonic", "prost", "hyper", "connectrpc", "buffa", "volo-grpc", "pilota", "tokio",
    "rustls", "rustls-graviola",
]


def facts():
    """The machine, the compiler, the versions, the day."""
    rustc = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return {
        "cpu": found(r"model name\s*:\s*(.+)", "/proc/cpuinfo") or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(found(r"MemTotal:\s*(\d+)", "/proc/meminfo") or 0) / 2**20),
        "system": platform.system(),
        "kernel": platform.release(),
        "rustc": rustc.strip(),
        "versions": versions(),
        "date": datetime.date.today().isoformat(),
    }


def versions():
    """The versions of the packages that matter, from the lock file, and of grpcio."""
    lock = tomllib.loads((WORKSPACE / "Cargo.lock").read_text(encoding="utf-8"))
    locked = {package["name"]: package["version"] for package in lock["package"]}
    pins = dict(re.findall(r"^(\S+)==(\S+)$", (HERE / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
    return {name: locked[name] for name in PACKAGES if name in locked} | {"grpcio": pins["grpcio"]}


def found(pattern, path):
    """The first match in a file."""
    match = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"))
    return match and match.group(1).strip()
