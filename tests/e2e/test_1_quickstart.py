"""What a newcomer sees after the quickstart, and when he types it again."""

import json
import urllib.request

from tests.e2e.project import Project


def get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=10) as reply:
        found: dict[str, object] = json.load(reply)
        return found


def test_the_url_answers_with_the_source_tag_that_was_built(project: Project) -> None:
    ran = project.invoke("urls", "--json")
    assert json.loads(ran.out) == {"frontend": project.site, "backend": project.url}
    images = project.client("ecr").describe_images(repositoryName="shipway-demo-local-backend")
    tags = [tag for image in images["imageDetails"] for tag in image["imageTags"]]
    assert get(project.url)["source_tag"] in tags


def test_a_second_quickstart_changes_nothing(project: Project) -> None:
    before = project.written()
    ran = project.invoke("quickstart")
    assert ran.code == 0
    assert project.written() == before
    assert "already up" in ran.out
    assert "the infrastructure is up to date" in ran.out


def test_the_status_names_the_log_and_the_url(project: Project) -> None:
    ran = project.invoke("cloud.status")
    assert ran.code == 0
    assert project.url in ran.out
    assert "localcloud.log" in ran.out
