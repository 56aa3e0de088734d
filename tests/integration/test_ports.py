"""No two tests get the same port, whatever process they run in."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import ports

HOLD = """
import sys
from tests import ports
ports._FIRST, ports._END = map(int, sys.argv[1:])
print(ports.free_port(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[range]:
    """The only ports that there are to choose from."""
    first = ports.free_range(3)
    found = range(first, first + 3)
    ports._give_back(list(found))
    monkeypatch.setattr(ports, "_FIRST", found.start)
    monkeypatch.setattr(ports, "_END", found.stop)
    yield found
    ports._give_back([port for port in found if port in ports._given])


def test_what_another_process_has_been_given_is_left_to_it(three: range) -> None:
    argv = (sys.executable, "-c", HOLD, str(three.start), str(three.stop))
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        theirs = int(other.stdout.readline())
        ours = {ports.free_port(), ports.free_port()}
        assert ours | {theirs} == set(three)
        other.communicate()


def test_what_a_program_listens_on_is_not_given(three: range) -> None:
    with socket.create_server(("127.0.0.1", three[1])):
        assert {ports.free_port(), ports.free_port()} == {three[0], three[2]}


def test_a_range_begins_behind_a_port_that_is_taken(
    three: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(three)
    monkeypatch.setattr("random.randrange", lambda *_: next(drawn))
    with socket.create_server(("127.0.0.1", three[0])):
        assert ports.free_range(2) == three[1]
