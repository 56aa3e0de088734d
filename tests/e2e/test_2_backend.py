"""Deploying the sample backend: nothing twice, no failed request, a plan with reasons."""

from tests.e2e.project import Project
from tests.e2e.traffic import Traffic

GREETING = r'GREETING = ".*?"'
NO_DOCKER = "unix:///nowhere/docker.sock"


def test_unchanged_source_does_nothing_and_needs_no_docker(project: Project) -> None:
    before = project.written()
    ran = project.invoke("deploy-backend", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 0
    assert "unchanged: nothing to do" in ran.out
    assert project.written() == before


def test_a_plan_says_why_and_writes_nothing(project: Project) -> None:
    before = project.written()
    project.edit("backend/app/main.py", GREETING, 'GREETING = "Planned"')
    ran = project.invoke("deploy-backend", "--plan")
    assert ran.code == 0
    assert "no image has source tag src-" in ran.out
    assert "what it asks for does not run" in ran.out
    assert project.invoke("--dry", "deploy-backend").out.count("nothing was written") == 1
    assert project.written() == before


def test_without_docker_a_change_is_refused_before_anything_is_written(project: Project) -> None:
    before = project.written()
    project.edit("backend/app/main.py", GREETING, 'GREETING = "Never built"')
    ran = project.invoke("deploy-backend", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 3
    assert "Docker does not answer" in ran.out
    assert "→" in ran.out  # the remedy
    assert project.written() == before


def test_a_changed_backend_takes_over_with_no_failed_request(project: Project) -> None:
    project.edit("backend/app/main.py", GREETING, 'GREETING = "Second version"')
    with Traffic(project.url, key="message") as traffic:
        ran = project.invoke("deploy-backend")
    assert ran.code == 0, ran.out
    assert "proven to run sha256:" in ran.out
    assert not traffic.failures
    assert traffic.answers["Hello from Shipway!"] > 50
    assert traffic.answers["Second version"] > 50
    with Traffic(project.url, key="message") as after:
        assert project.invoke("deploy-backend").code == 0
    assert set(after.answers) == {"Second version"}


def test_the_running_task_has_the_digest_that_the_registry_has(project: Project) -> None:
    (container,) = project.task("backend")["containers"]
    ecr = project.client("ecr")
    images = ecr.describe_images(repositoryName="shipway-demo-local-backend")["imageDetails"]
    newest = max(images, key=lambda image: image["imagePushedAt"])
    assert container["imageDigest"] == newest["imageDigest"]
    assert container["image"].endswith("@" + newest["imageDigest"])


def test_a_comment_outside_the_context_changes_nothing(project: Project) -> None:
    (project.root / "README.md").write_text("# Other\n")
    assert "unchanged" in project.invoke("deploy-backend").out


def test_json_is_one_object_a_line(project: Project) -> None:
    project.edit("backend/app/main.py", GREETING, 'GREETING = "Third version"')
    ran = project.invoke("deploy-backend", "--json")
    assert ran.code == 0
    assert len(ran.events) == len(ran.out.splitlines())
    phases = [event["phase"] for event in ran.events if event["event"] == "phase_ended"]
    assert phases == ["build backend", "push backend", "rollout backend"]
    assert ran.events[-1]["event"] == "finished"
    assert ran.events[-1]["urls"] == {"backend": project.url}


def test_a_rebuild_builds_the_same_source_again_and_stays(project: Project) -> None:
    ran = project.invoke("deploy-backend", "--rebuild")
    assert ran.code == 0, ran.out
    assert "--rebuild" in ran.out
    assert "unchanged: nothing to do" in project.invoke("deploy-backend").out
