"""Many processes want the lock at once: exactly one gets it, in each round."""

import subprocess
import sys
from pathlib import Path

from tests.integration.local_cloud import ROOT, Cloud

CONTENDERS, ROUNDS = 32, 200
SECONDS = 240.0  # it takes a fifth of that on two cores


def test_of_32_processes_one_holds_the_lock_in_each_of_200_rounds(
    cloud: Cloud, records: str, tmp_path: Path
) -> None:
    program = (sys.executable, "-m", "tests.integration.release.contender")
    numbers = (str(CONTENDERS), str(ROUNDS))
    subprocess.run(
        (*program, "race", cloud.endpoint, records, str(tmp_path), *numbers),
        cwd=ROOT,
        timeout=SECONDS,
        check=True,
    )
    rounds = [line.split() for line in (tmp_path / "won").read_text().splitlines()]
    assert [path.name for path in tmp_path.iterdir()] == ["won"], "two held it at a time"
    assert [int(turn) for turn, _, _ in rounds] == list(range(ROUNDS))
    assert [int(token) for _, _, token in rounds] == list(range(1, ROUNDS + 1))
    assert len({winner for _, winner, _ in rounds}) > 1
