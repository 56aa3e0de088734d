"""deploy.toml: what is accepted, and that everything wrong is said at once."""

import tomllib
from pathlib import Path

import pytest

from deploy.config.load import config_of, load, overlay
from deploy.config.schema import DeployToml
from deploy.errors import ConfigError

MINIMAL = """
[project]
name = "demo"
[services.api]
context = "api"
port = 8000
[environments.local]
endpoint = "http://localhost:4566"
[environments.prod]
region = "eu-central-1"
account = "123456789012"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "deploy.toml").write_text(MINIMAL)
    return tmp_path


def refused(project: Path, text: str, environment: str = "local", **variables: str) -> list[str]:
    (project / "deploy.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(project, environment, variables)
    assert caught.value.exit_code == 2
    return list(caught.value.details)


def test_the_documented_defaults(project: Path) -> None:
    config = load(project, "local", {})
    service = config.services["api"]
    assert (service.cpu, service.memory, service.health) == (1024, 2048, "/health")
    assert service.build.dockerfile == project / "api" / "Dockerfile"
    assert service.readonly_root
    assert service.user != "0"
    assert config.name == "demo-local"
    assert not config.environment.confirm


def test_an_environment_on_aws_asks_before_a_change(project: Path) -> None:
    assert load(project, "prod", {}).environment.confirm


def test_an_environment_overlays_the_services(project: Path) -> None:
    text = MINIMAL + "[environments.prod.services.api]\ncpu = 2048\nmemory = 4096\n"
    (project / "deploy.toml").write_text(text)
    assert load(project, "prod", {}).services["api"].cpu == 2048
    assert load(project, "prod", {}).services["api"].port == 8000
    assert load(project, "local", {}).services["api"].cpu == 1024


def test_every_problem_is_reported_together(project: Path) -> None:
    lines = refused(
        project,
        """
[project]
name = "Demo Project"
[services.api]
context = "api"
port = 8000
cpus = 256
cpu = 300
[services.web]
context = "nowhere"
port = 8000
cpu = 256
memory = 8192
health = "health"
[environments.prod]
region = "Frankfurt"
""",
    )
    text = "\n".join(lines)
    assert "services.api.cpus: is no key that Shipway knows; did you mean cpu?" in text
    assert "services.api.cpu: 300 is no size of Fargate's; accepted: 256, 512, 1024" in text
    assert "services.web.memory: 8192 does not go with cpu = 256; accepted: 512 to 2048" in text
    assert "services.web.port: 8000 is services.api.port already" in text
    assert "services.web.context: there is no folder nowhere" in text
    assert "services.web.health" in text
    assert "environments.prod.account: is missing" in text
    assert "environments.prod.region" in text
    assert "environments.local: is not defined; defined: prod" in text
    assert "project.name" in text


def test_a_missing_dockerfile_is_named(project: Path) -> None:
    (project / "api" / "Dockerfile").unlink()
    assert refused(project, MINIMAL) == [
        "services.api.build.dockerfile: there is no api/Dockerfile"
    ]


def test_a_type_is_not_guessed(project: Path) -> None:
    (line,) = refused(project, MINIMAL.replace("port = 8000", 'port = "8000"'))
    assert line.startswith("services.api.port: '8000': ")


def test_broken_toml_names_the_line(project: Path) -> None:
    (project / "deploy.toml").write_text("[project\n")
    with pytest.raises(ConfigError, match="line 1"):
        load(project, "local", {})


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no deploy\.toml"):
        load(tmp_path, "local", {})


WITH_VARIABLES = MINIMAL.replace(
    "port = 8000",
    'port = 8000\nenvironment = { A = "${A}", B = "${B:-b}", C = "$$5" }',
)


def test_the_nearest_variable_wins(project: Path) -> None:
    (project / "deploy.toml").write_text(WITH_VARIABLES)
    (project / ".env").write_text("A=from-env\nB=from-env\n")
    (project / ".env.local").write_text("A=from-env-local\n")
    values = load(project, "local", {"B": "from-process"}).services["api"].environment
    assert values == {"A": "from-env-local", "B": "from-process", "C": "$5"}


def test_an_unset_variable_is_an_error_with_the_remedy(project: Path) -> None:
    (line,) = refused(project, WITH_VARIABLES)
    path, message = line.split(": ", 1)
    assert path == "services.api.environment.A"
    assert message == "the variable A is not set; set it in .env or write ${A:-default}"


def test_an_empty_build_argument_is_left_out(project: Path) -> None:
    text = MINIMAL.replace(
        "port = 8000", 'port = 8000\nbuild.args = { BASE = "${BASE:-}", X = "1" }'
    )
    (project / "deploy.toml").write_text(text)
    assert load(project, "local", {}).services["api"].build.args == {"X": "1"}


def test_a_missing_secret_file_is_reported(project: Path) -> None:
    text = MINIMAL.replace("port = 8000", 'port = 8000\nbuild.secrets = { ca = "none.pem" }')
    assert refused(project, text) == ["services.api.build.secrets.ca: there is no file none.pem"]


def test_this_repository_is_configured(request: pytest.FixtureRequest) -> None:
    config = load(request.config.rootpath, "prod", {})
    assert config.environment.account


WORKER = '[services.worker]\nimage = "api"\nport = 8001\nafter = ["api"]\n'


def test_a_service_may_run_the_image_of_another_and_wait_for_it(project: Path) -> None:
    (project / "deploy.toml").write_text(MINIMAL + WORKER)
    services = load(project, "local", {}).services
    assert services["worker"].image == "api"
    assert services["worker"].build == services["api"].build
    assert (services["api"].image, services["api"].after) == ("", ())
    assert services["worker"].after == ("api",)


BAD_IMAGES = {
    "no context": ("port = 1\n", "context: is missing; or run another service's image"),
    "its context too": ('context = "api"\nimage = "api"\nport = 1\n', "context: is that of"),
    "its build too": ('image = "api"\nbuild.args = {}\nport = 1\n', "build: is that of"),
    "unknown": ('image = "web"\nport = 1\n', "image: there is no service web; defined: api, xy"),
    "itself": ('image = "xy"\nport = 1\n', "image: is its own name"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_an_image_that_is_none_is_refused(project: Path, name: str) -> None:
    text, said = BAD_IMAGES[name]
    (line,) = refused(project, MINIMAL + "[services.xy]\n" + text)
    assert line.startswith(f"services.xy.{said}")


def test_the_image_of_a_service_that_has_none_is_refused(project: Path) -> None:
    text = MINIMAL + WORKER + '[services.xy]\nimage = "worker"\nport = 1\n'
    (line,) = refused(project, text)
    assert line.startswith("services.xy.image: services.worker has no image of its own")
    assert 'image = "api"' in line


def test_waiting_for_an_unknown_service_is_refused(project: Path) -> None:
    (line,) = refused(project, MINIMAL.replace("port = 8000", 'port = 8000\nafter = ["db"]'))
    assert line == "services.api.after: there is no service db; defined: api"


@pytest.mark.parametrize("after", ["worker", "api"])
def test_services_that_wait_for_each_other_are_refused(project: Path, after: str) -> None:
    text = MINIMAL.replace("port = 8000", f'port = 8000\nafter = ["{after}"]') + WORKER
    (line,) = refused(project, text)
    assert "after: goes in a circle: " in line
    assert "api after" in line


EVERYTHING_LEFT_OUT = (
    MINIMAL + '[services.worker]\nimage = "api"\nport = 8001\n[sites.web]\nroot = "web"\n'
)


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_what_is_left_out_is_as_the_schema_says(project: Path, environment: str) -> None:
    tables = overlay(tomllib.loads(EVERYTHING_LEFT_OUT), environment)
    filled_in = DeployToml.model_validate(tables).model_dump(exclude_none=True)
    assert config_of(tables, environment, project) == config_of(filled_in, environment, project)


def test_tables_that_passed_are_not_asked_about_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load(project, "local", {})
    monkeypatch.setattr(DeployToml, "model_validate", None)
    assert load(project, "local", {}) == first


def test_a_variable_that_becomes_wrong_is_told_after_tables_have_passed(project: Path) -> None:
    text = MINIMAL.replace('"http://localhost:4566"', '"${WHERE}"')
    (project / "deploy.toml").write_text(text)
    load(project, "local", {"WHERE": "http://localhost:4566"})
    details = refused(project, text, WHERE="elsewhere")
    assert details == [
        "environments.local.endpoint: 'elsewhere': string should match pattern '^https?://[^/\\s]+$'"
    ]


def test_a_number_that_becomes_text_is_told_after_tables_have_passed(project: Path) -> None:
    load(project, "local", {})
    details = refused(project, MINIMAL.replace("port = 8000", 'port = "8000"'))
    assert details == ["services.api.port: '8000': input should be a valid integer"]


def test_nothing_wrong_is_remembered_as_right(project: Path) -> None:
    wrong = MINIMAL.replace("port = 8000", "port = 0")
    assert refused(project, wrong) == refused(project, wrong)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64])
def test_a_damaged_stamp_vouches_for_nothing(project: Path, content: bytes) -> None:
    stamp = project / ".shipway" / "checked" / "local"
    stamp.parent.mkdir(parents=True)
    stamp.write_bytes(content)
    assert refused(project, MINIMAL.replace("port = 8000", "port = 0"))


def test_a_project_that_cannot_be_written_to_is_read(project: Path) -> None:
    (project / ".shipway").touch()
    assert load(project, "local", {}) == load(project, "local", {})


def test_a_database_is_there_when_it_is_asked_for(project: Path) -> None:
    assert load(project, "local", {}).database is None
    (project / "deploy.toml").write_text(MINIMAL + "[database]\nname = 'shop'\n")
    database = load(project, "local", {}).database
    assert database
    assert (database.name, database.secret, database.version) == ("shop", "database-url", "17")


def test_an_environment_has_a_database_of_its_own_size(project: Path) -> None:
    text = MINIMAL + "[database]\n[environments.prod.database]\nsize = 'db.m7g.large'\n"
    (project / "deploy.toml").write_text(text)
    sizes = [load(project, name, {}).database for name in ("local", "prod")]
    assert [each and each.size for each in sizes] == ["db.t4g.micro", "db.m7g.large"]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("name = 'Shop-1'", "database.name"),
        ("size = 't4g.micro'", "database.size"),
        ("storage = 5", "database.storage"),
        ("version = '9.6'", "database.version"),
        ("password = 'x'", "database.password"),
    ],
)
def test_a_database_that_rds_would_not_make(project: Path, line: str, path: str) -> None:
    problems = refused(project, MINIMAL + f"[database]\n{line}\n")
    assert [problem.partition(":")[0] for problem in problems] == [path]


def test_a_service_migrates_by_a_list_of_words(project: Path) -> None:
    text = MINIMAL.replace("port = 8000", "port = 8000\nmigrate = ['alembic', 'upgrade', 'head']")
    (project / "deploy.toml").write_text(text)
    service = load(project, "local", {}).services["api"]
    assert service.migrate == ("alembic", "upgrade", "head")
    assert (service.migrations, service.migrate_timeout) == ("migrations/versions", 600)
