"""The judges: official suites and tools, and what they make of the project."""
