"""What a person reads of a check: one glance, 80 columns, nothing cut that is copied."""

import io

from deploy.check_lines import COLUMNS, check_lines
from deploy.console import Plain
from deploy.events import Checked

LONG = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + "x" * 60


def test_a_group_is_named_once() -> None:
    out = io.StringIO()
    plain = Plain(out)
    for name in ("Python", "disk"):
        plain(Checked("this machine", name, "OK", "there"))
    plain(Checked("credentials", "identity", "NG", "none", "log in"))
    lines = out.getvalue().splitlines()
    assert lines[0] == "this machine"
    assert [line for line in lines if not line.startswith(" ")] == ["this machine", "credentials"]
    assert lines[-2].split() == ["NG", "identity", "none"]
    assert lines[-1].strip() == "→ log in"


def test_lines_are_folded_at_spaces() -> None:
    event = Checked("g", "name", "NG", "word " * 40, "do this " * 30)
    lines = [text for text, _ in check_lines(event, "g")]
    assert max(map(len, lines)) <= COLUMNS
    assert len(lines) > 6


def test_what_is_copied_stays_whole() -> None:
    lines = check_lines(Checked("g", "secrets", "NG", f"not there: {LONG}", LONG), "g")
    assert sum(LONG in text for text, _ in lines) == 2
