"""The provider's mirror: found where it fits, left alone where the user has a configuration."""

from pathlib import Path

import pytest

from deploy.infra import mirror

PLATFORM = "linux_amd64"


def provider(root: Path, version: str = "5.100.0", platform: str = PLATFORM) -> None:
    (root / mirror.PROVIDER / version / platform).mkdir(parents=True)


def test_an_unpacked_mirror_is_found_some_folders_down(tmp_path: Path) -> None:
    provider(tmp_path / "vendor" / "terraform")
    assert mirror.find([tmp_path / "none", tmp_path], PLATFORM) == tmp_path / "vendor" / "terraform"


def test_a_packed_mirror_is_found(tmp_path: Path) -> None:
    folder = tmp_path / mirror.PROVIDER
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_5.100.0_{PLATFORM}.zip").touch()
    assert mirror.find([tmp_path], PLATFORM) == tmp_path


@pytest.mark.parametrize(
    ("version", "platform"),
    [("5.99.1", PLATFORM), ("6.0.0", PLATFORM), ("5.100.0", "darwin_arm64"), ("latest", PLATFORM)],
)
def test_one_that_does_not_fit_is_not_taken(tmp_path: Path, version: str, platform: str) -> None:
    provider(tmp_path, version, platform)
    assert mirror.find([tmp_path], PLATFORM) is None


def test_a_mirror_that_does_not_fit_hides_none_that_does(tmp_path: Path) -> None:
    provider(tmp_path / "a", "4.0.0")
    provider(tmp_path / "b")
    assert mirror.find([tmp_path], PLATFORM) == tmp_path / "b"


def test_the_search_ends_at_its_depth(tmp_path: Path) -> None:
    provider(tmp_path / "1" / "2" / "3" / "4")
    assert mirror.find([tmp_path], PLATFORM) is None


def test_the_search_ends_at_its_number_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider(tmp_path / "z")
    for number in range(5):
        (tmp_path / f"a{number}").mkdir()
    monkeypatch.setattr(mirror, "FOLDERS", 4)
    assert mirror.find([tmp_path], PLATFORM) is None


def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    assert mirror.find([tmp_path / "missing"], PLATFORM) is None


def test_a_configuration_of_the_users_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "own.tfrc"
    assert mirror.wanted({"TF_CLI_CONFIG_FILE": str(own)}, tmp_path)
    own.touch()
    assert not mirror.wanted({"TF_CLI_CONFIG_FILE": str(own)}, tmp_path)
    assert mirror.wanted({}, tmp_path)
    (tmp_path / ".terraformrc").touch()
    assert not mirror.wanted({}, tmp_path)


def test_other_providers_still_come_from_their_registry(tmp_path: Path) -> None:
    text = mirror.configuration(tmp_path)
    assert f'path    = "{tmp_path}"' in text
    assert f'exclude = ["{mirror.PROVIDER}"]' in text


def test_terraforms_own_places_come_before_opt() -> None:
    found = mirror.roots({"XDG_DATA_HOME": "/data", "XDG_DATA_DIRS": "/a:/b"}, Path("/home/me"))
    assert found[:4] == [
        Path(p)
        for p in ("/home/me/.terraform.d", "/data/terraform", "/a/terraform", "/b/terraform")
    ]
    assert found[-1] == Path("/opt")
