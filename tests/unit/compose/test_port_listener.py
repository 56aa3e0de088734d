"""Who has a port: read from /proc as the kernel writes it."""

from pathlib import Path

import pytest

from deploy import process
from deploy.compose.ports import listener
from deploy.errors import ToolError

HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode"
)
ROW = "   0: 0100007F:{port:04X} 00000000:0000 {state} 0:0 00:0 00000000 0 0 {inode} 1 0"


def machine(
    root: Path, *, state: str = "0A", name: str = "node", words: str = "node\0vite"
) -> Path:
    """A /proc with one process, 42, that has a socket of port 8000."""
    (root / "net").mkdir()
    row = ROW.format(port=8000, state=state, inode=777)
    (root / "net/tcp").write_text(f"{HEAD}\n{row}\n")
    (root / "42/fd").mkdir(parents=True)
    (root / "42/comm").write_text(f"{name}\n")
    (root / "42/cmdline").write_text(words)
    (root / "42/fd/3").symlink_to("socket:[777]")
    return root


def test_the_program_and_its_process_are_named(tmp_path: Path) -> None:
    assert listener(8000, machine(tmp_path)) == "node (process 42)"


def test_a_local_cloud_of_another_folder_is_told_as_such(tmp_path: Path) -> None:
    proc = machine(tmp_path, name="python3", words="python3\0-m\0localcloud\0--port\x004566")
    assert listener(8000, proc) == "another local cloud (process 42)"


def test_a_connection_to_that_port_is_no_listener(tmp_path: Path) -> None:
    assert listener(8000, machine(tmp_path, state="01")) == ""


def test_another_port_is_another_matter(tmp_path: Path) -> None:
    assert listener(8001, machine(tmp_path)) == ""


def test_without_proc_lsof_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "output", lambda _: "p42\ncnode\nf3\n")
    assert listener(8000, tmp_path) == "node (process 42)"


def test_without_lsof_too_nobody_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: tuple[str, ...]) -> str:
        raise ToolError("lsof is not there")

    monkeypatch.setattr(process, "output", missing)
    assert listener(8000, tmp_path) == ""
