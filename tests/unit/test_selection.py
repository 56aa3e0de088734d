"""`--only` and `--except`: what they choose, and that a name which is none is refused."""

from pathlib import Path

import pytest

from deploy.config.model import Build, Config, Environment, Service, Site
from deploy.errors import ConfigError
from deploy.selection import Selection, listed, select

BUILD = Build(Path("/api"), Path("/api/Dockerfile"))
SERVICES = {name: Service(name, BUILD, 8000) for name in ("api", "worker", "mail")}
SITES = {"shop": Site("shop", Path("/shop"), Path("/shop/dist"))}
CONFIG = Config(Path(), "demo", Environment("local", "us-east-1"), SERVICES, SITES)


def test_without_options_it_is_everything() -> None:
    assert select(CONFIG) == Selection(("api", "worker", "mail"), ("shop",))


def test_the_order_is_that_of_deploy_toml() -> None:
    assert select(CONFIG, listed("mail, api,mail")) == Selection(("api", "mail"), ())


def test_except_takes_away_from_only() -> None:
    assert select(CONFIG, (), ("worker",)) == Selection(("api", "mail"), ("shop",))
    assert select(CONFIG, ("api", "shop"), ("api",)) == Selection((), ("shop",))


@pytest.mark.parametrize("option", ["only", "but"])
def test_an_unknown_name_is_refused_and_the_known_are_named(option: str) -> None:
    with pytest.raises(ConfigError, match="no service or site web") as caught:
        select(CONFIG, **{option: ("web",)})
    assert caught.value.exit_code == 2
    assert "api, worker, mail, shop" in caught.value.remedy


def test_nothing_left_is_refused() -> None:
    with pytest.raises(ConfigError, match="leave nothing"):
        select(CONFIG, ("api",), ("api",))
