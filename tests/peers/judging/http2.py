"""h2spec, which judges HTTP/2 below gRPC, against the standalone server.

Its requests are no gRPC, and what is no gRPC is answered at once, by HEADERS that end the stream. Two cases wait for DATA
that never comes, and four send something more after their request and hope that it is read before the answer goes out:
behind its answer the server has reset the stream, and ignores what still comes on it (RFC 9113, section 5.1).
Four are skipped, since they need an answer with DATA.
"""

import xml.etree.ElementTree

from judging.installing import go_programs

CASES = 146
SKIPPED = 4
# Always answered by HEADERS alone.
WITHOUT_DATA = {
    ("generic/2", "Sends a WINDOW_UPDATE frame on half-closed (remote) stream"),
    ("generic/2", "Sends a PRIORITY frame on half-closed (remote) stream"),
}
# Answered before what comes next is read, or not: that is a race.
ANSWERED_EARLY = {
    ("http2/5.1", "closed: Sends a DATA frame after sending RST_STREAM frame"),
    ("http2/5.1", "closed: Sends a HEADERS frame after sending RST_STREAM frame"),
    ("http2/5.1.2", "Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded"),
    (
        "http2/8.1.2.6",
        'Sends a HEADERS frame with the "content-length" header field which does not equal the sum of the multiple '
        "DATA frames payload length",
    ),
}


def judge(bench, server):
    """All cases, strict ones included."""
    bench.judge("h2spec", lambda: run(bench, server))


def run(bench, server):
    """Reads the verdicts from the report, since the exceptions are part of it."""
    host, port = server.address.rsplit(":", 1)
    report = bench.folder / "h2spec.xml"
    command = [go_programs(bench.cache) / "h2spec", "-h", host, "-p", port, "--strict", "-o", "2", "-j", report]
    bench.command("h2spec runs to its end", command, good=lambda _: report.exists())
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
        elif name in ANSWERED_EARLY:
            good = not failures or answered_by_headers(failures)
            bench.verdict(f"{': '.join(name)} (or answered early)", good, f"{failures}")
        elif case.find("skipped") is None:
            bench.verdict(": ".join(name), not failures, "\n".join(failures))
    bench.verdict(f"h2spec has {CASES} cases and skips {SKIPPED}", (count, skipped) == (CASES, SKIPPED), f"{count}, {skipped}")


def answered_by_headers(failures):
    """Whether a case has failed because HEADERS came that end the stream."""
    return len(failures) == 1 and failures[0].splitlines()[-1].startswith("HEADERS Frame") and "flags:0x05" in failures[0]
