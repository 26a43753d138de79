"""h2spec, which judges HTTP/2 below gRPC, against the standalone server.

Its requests are no gRPC, and the server answers them at once, by HEADERS that end the stream. A case that sends more on
such a stream races with the answer: behind it, the server has reset the stream and ignores what comes (RFC 9113, section
5.1). So h2spec talks through a relay that hands the server each burst in one piece, and the server reads all of it before
it answers. Two cases still fail: they wait for DATA. Four are skipped, since they need an answer with DATA.
"""

import xml.etree.ElementTree

from judging.gather import gathered
from judging.installing import go_programs

CASES = 146
SKIPPED = 4
# The answer has no DATA.
WITHOUT_DATA = {
    ("generic/2", "Sends a WINDOW_UPDATE frame on half-closed (remote) stream"),
    ("generic/2", "Sends a PRIORITY frame on half-closed (remote) stream"),
}


def judge(bench, server):
    """All cases, strict ones included."""
    bench.judge("h2spec", lambda: run(bench, server))


def run(bench, server):
    """Reads the verdicts from the report, since the exceptions are part of it."""
    host, port = server.address.rsplit(":", 1)
    report = bench.folder / "h2spec.xml"
    program = go_programs(bench.cache) / "h2spec"
    with gathered(host, int(port)) as relay:
        command = [program, "-h", "127.0.0.1", "-p", relay, "--strict", "-o", "5", "-j", report]
        bench.command("h2spec runs to its end", command, good=lambda _: report.exists(), seconds=300)
    if not report.exists():
        return
    count = skipped = 0
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        count += 1
        name = (case.get("package"), case.get("classname"))
        failures = [fault.text or "" for kind in ("error", "failure") for fault in case.findall(kind)]
        skipped += case.find("skipped") is not None
        if name in WITHOUT_DATA:
            bench.verdict(f"{': '.join(name)} (answered without DATA)", answered_by_headers(failures), f"{failures}")
        elif case.find("skipped") is None:
            bench.verdict(": ".join(name), not failures, "\n".join(failures))
    bench.verdict(f"h2spec has {CASES} cases and skips {SKIPPED}", (count, skipped) == (CASES, SKIPPED), f"{count}, {skipped}")


def answered_by_headers(failures):
    """Whether a case has failed because HEADERS came that end the stream."""
    return len(failures) == 1 and failures[0].splitlines()[-1].startswith("HEADERS Frame") and "flags:0x05" in failures[0]
