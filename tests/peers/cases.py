"""Counts cases: one printed line each, and `N passed, M failed` at the end."""

import contextlib
import sys
import traceback


class Cases:
    """The cases of one script."""

    def __init__(self, title):
        self.title = title
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def case(self, name):
        """Runs the block as one case, which fails when the block raises."""
        try:
            yield
        except Exception as error:  # a failed case must not end the script
            self.failed += 1
            frames = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in frames if "site-packages" not in frame.filename][-1]
            reason = f"{type(error).__name__}: {error}".strip().replace("\n", "\n      ")
            print(f"FAILED {self.title}: {name}\n      line {own.lineno}: {own.line}\n      {reason}", flush=True)
        else:
            self.passed += 1
            print(f"ok     {self.title}: {name}", flush=True)

    def close(self):
        """Prints the closing line and ends the process."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def equal(got, expected):
    """Fails the case unless both are equal."""
    if got != expected:
        raise AssertionError(f"got {shortened(got)}, expected {shortened(expected)}")


def within(got, least, most):
    """Fails the case unless the value lies between the bounds, which are included."""
    if not least <= got <= most:
        raise AssertionError(f"got {got}, expected {least} to {most}")


def true(fact, what):
    """Fails the case unless the fact holds."""
    if not fact:
        raise AssertionError(f"expected {what}")


def shortened(value):
    """The value as text that fits a few lines."""
    text = repr(value)
    return text if len(text) <= 400 else f"{text[:400]}… ({len(text)} characters)"
