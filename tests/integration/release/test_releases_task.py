"""`invoke releases` tells what was deployed, and what is live by ECS and the sites themselves."""

from collections.abc import Iterator

import pytest

from deploy.errors import ConfigError, PreflightError
from deploy.objects import Objects
from deploy.release.record import SiteRecord
from deploy.releases import count
from tests.integration.local_cloud import Cloud
from tests.integration.release.project import Project

pytestmark = pytest.mark.ecs

SITE = "20261122T081512Z-aaaaaaa"


@pytest.fixture
def project(cloud: Cloud) -> Iterator[Project]:
    made = Project(cloud)
    yield made
    made.ecs.delete_service(cluster=made.name, service="api", force=True)
    made.cloud.client("ssm").delete_parameter(Name=f"/{made.name}/local/deploy")


def test_before_the_first_deploy_there_is_none(project: Project) -> None:
    assert project.told() == "no release is recorded yet: `invoke deploy`\n"
    assert project.json()["releases"] == []
    with pytest.raises(PreflightError, match="no release last") as caught:
        project.told(show="last")
    assert "invoke deploy" in caught.value.remedy


def test_the_newest_first_and_each_on_a_line_in_a_pipe(project: Project) -> None:
    project.runs(1)
    project.record(0)
    project.record(1, dirty=True)
    head, second, first, legend = project.told().splitlines()
    assert head.split() == ["release", "when", "(UTC)", "who", "commit", "took", "what"]
    assert second.startswith("1111111  20")
    assert second.endswith("  ada  1123abcd+  42.0 s  ● api succeeded")
    assert first.startswith("0000000  20")
    assert first.endswith(", 10 h ago  ada  0123abcd   42.0 s  api succeeded")
    assert legend == "● is live now"


def test_what_ecs_rolled_back_is_not_live(project: Project) -> None:
    """The run was killed before it could write that ECS had rolled back."""
    project.record(1)
    project.record(2, "", exit_code=None, finished=0.0, running=("rollout api",))
    project.runs(2)
    assert project.live() == {"2222222": ["api"]}
    project.runs(1)
    assert project.live() == {"1111111": ["api"]}
    assert "cut off in rollout api, api begun" in project.told()


def test_a_change_by_hand_is_told(project: Project) -> None:
    project.record(1)
    project.runs(0)
    assert project.live() == {}
    assert "!" not in project.told()  # it has no task
    project.ecs.update_service(cluster=project.name, service="api", desiredCount=1)
    assert f"! api runs {project.name}:1, which no release here made" in project.told()
    project.serves("20261122T081512Z-fffffff")
    assert "! site web serves 20261122T081512Z-fffffff" in project.told()


def test_a_site_that_went_back_is_live_where_its_content_came_from(project: Project) -> None:
    old, new = SITE, "20261122T091512Z-bbbbbbb"
    project.record(0, sites={"web": SiteRecord(old, "", "succeeded")})
    project.record(1, sites={"web": SiteRecord(new, old, "succeeded")})
    project.runs(1)
    project.serves(new)
    assert project.live() == {"1111111": ["api", "site web"]}
    project.serves("20261122T101512Z-aaaaaaa")
    assert project.live() == {"1111111": ["api"], "0000000": ["site web"]}


def test_what_is_live_is_found_beyond_the_limit(project: Project) -> None:
    project.record(0)
    project.record(1)
    project.runs(0)
    text = project.told(limit=1)
    assert "! api runs what release" in text
    assert "0000000 made" in text
    assert "1 older: `invoke releases --limit 2`" in text


def test_records_that_cannot_be_read_are_named(project: Project) -> None:
    project.record(0)
    project.objects.write("releases/20261122T081512Z-fffffff.json", b"{", "application/json")
    text = project.told()
    assert "0123abcd" in text
    assert "! release 20261122T081512Z-fffffff can't be read: it is damaged" in text
    with pytest.raises(PreflightError, match="can't be read"):
        project.told(show="fffffff")


def test_what_cannot_be_read_does_not_hide_the_releases(project: Project) -> None:
    project.record(0)
    bucket = Objects(project.objects.http, f"{project.name}-site")
    bucket.write(".shipway/live.json", b"{", "application/json")
    project.objects.write("lock.json", b"{", "application/json")
    text = project.told()
    assert "api succeeded" in text
    assert "! what is live of site web can't be told" in text
    assert "! the lock can't be told: lock.json is damaged" in text


@pytest.mark.parametrize("name", ["1111111", "1123abcd", "1123abcd0123", "last"])
def test_one_release_is_shown_in_full(project: Project, name: str) -> None:
    project.record(0)
    record = project.record(1, plan=("~ service api  another image",), summary="api 2 serves")
    project.runs(1)
    text = project.told(show=name)
    for part in (record.id, "ada on laptop", "● api", f"{project.name}:2", "another image"):
        assert part in text
    assert project.json(show=name)["live"] == ["api"]


def test_an_unknown_release_names_those_that_there_are(project: Project) -> None:
    record = project.record(0)
    with pytest.raises(PreflightError, match="no release nothing") as caught:
        project.told(show="nothing")
    assert record.id in caught.value.remedy
    project.record(1)
    with pytest.raises(PreflightError, match="beginning of 2 releases"):
        project.told(show="20")


def test_the_last_one_makes_a_steps_summary(project: Project) -> None:
    project.record(0)
    project.record(1, "rolled back", plan=("~ a|b  ```",))
    text = project.told(markdown=True)
    assert text.startswith("### ❌ deploy, local: rolled back\n")
    assert "| api | rolled back |" in text
    assert "````diff\n~ a|b  ```\n````" in text


@pytest.mark.parametrize("text", ["0", "-1", "many", "", "1.5", "²"])
def test_a_limit_is_a_number(text: str) -> None:
    with pytest.raises(ConfigError, match="is no number of releases"):
        count("--limit", text)
