"""What of a tool's lines stays on a terminal, where a phase has one moving line."""

from io import StringIO

from deploy.events import PhaseEnded, PhaseOutput, PhaseStarted
from deploy.live import Live


def shown(event: PhaseOutput) -> list[str]:
    stream = StringIO()
    with Live(stream) as live:
        live(PhaseStarted("migrate app"))
        live(event)
        live(PhaseEnded("migrate app", ok=True, seconds=1.0, detail="succeeded"))
    return [line.strip() for line in stream.getvalue().splitlines() if line.strip()]


def test_a_migrations_lines_stay() -> None:
    assert shown(PhaseOutput("migrate app", "Running upgrade [0001]", kept=True)) == [
        "│ Running upgrade [0001]",
        "✓ migrate app  succeeded  1.0 s",
    ]


def test_a_builds_lines_give_way_to_the_next() -> None:
    assert shown(PhaseOutput("migrate app", "#7 DONE")) == ["✓ migrate app  succeeded  1.0 s"]
