"""Words that several parts of the output share."""


def counted(count: int, noun: str) -> str:
    """Return "1 file", "2 files", "1,234 files" for the noun "file"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
