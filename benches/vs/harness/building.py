"""Builds what is measured: the servers, the clients, certificates, and a Python with grpcio."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parent
ROOT = WORKSPACE.parent.parent
INSTALL_SECONDS = 300


class Built:
    """Where everything is."""

    def __init__(self, with_grpcio=True):
        self.programs = cargo_build()
        folder = target_folder() / "vs"
        self.certificates = folder / "certificates"
        checked([self.program("certificates"), self.certificates])
        self.grpcio = [python_with_grpcio(folder), HERE / "grpcio_client.py"] if with_grpcio else None

    def program(self, name):
        """The binary `vs-NAME`."""
        return self.programs[f"vs-{name}"]

    @property
    def server_tls(self):
        """The words that let a server use TLS."""
        return ["--tls", self.certificates / "server.pem", self.certificates / "server.key"]

    @property
    def authority(self):
        """The certificate that clients are to trust."""
        return self.certificates / "ca.pem"


def cargo_build(names=(), folder=WORKSPACE, options=("--workspace",)):
    """The paths of binaries by their names: of all of the workspace, or of those that are named."""
    chosen = [word for name in names for word in ("--bin", name)] or ["--bins"]
    command = ["cargo", "build", "--release", *chosen, *options, "--message-format", "json-render-diagnostics"]
    artifacts = map(json.loads, checked(command, cwd=folder).splitlines())
    return {each["target"]["name"]: each["executable"] for each in artifacts if each.get("executable")}


def target_folder():
    """Cargo's."""
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    return pathlib.Path(json.loads(checked(command, cwd=WORKSPACE))["target_directory"])


def python_with_grpcio(folder):
    """The interpreter of a virtual environment with what requirements.txt names."""
    pins = HERE / "requirements.txt"
    python, done = folder / "python/bin/python", folder / "python/complete"
    if not done.exists() or done.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        checked([sys.executable, "-m", "venv", "--clear", folder / "python"])
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", pins]
        checked(pip, timeout=INSTALL_SECONDS)
        done.write_text(pins.read_text(encoding="utf-8"), encoding="utf-8")
    return python


def checked(command, **options):
    """Runs a command, with its errors shown; gives its output, or ends the program if it fails."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, encoding="utf-8", env=environment, check=False, **options
    )
    if ended.returncode != 0:
        sys.exit(f"{ended.stdout}\n{command[0]} failed with exit status {ended.returncode}")
    return ended.stdout
