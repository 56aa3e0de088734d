"""What a user may type stands in the documents: every task with its help, every key."""

import re
from pathlib import Path

import pytest
from invoke import Collection

import tasks
from deploy.config import schema

DOCS = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in ("quickstart", "development", "operating", "ci", "aws", "configuration")
    ),
)
TABLES = (
    schema.ProjectTable,
    schema.ServiceTable,
    schema.SiteTable,
    schema.DatabaseTable,
    schema.BuildTable,
    schema.EnvironmentTable,
)


def documents(root: Path) -> str:
    return "\n".join((root / name).read_text() for name in DOCS)


def named_tasks(collection: Collection) -> dict[str, object]:
    return {name: collection[name] for name in collection.task_names}


@pytest.mark.parametrize("name", [name for name in named_tasks(tasks.namespace) if name != "list"])
def test_every_task_has_help_and_stands_in_the_readme(
    name: str, request: pytest.FixtureRequest
) -> None:
    task = tasks.namespace[name]
    assert task.__doc__
    assert all(argument.help for argument in task.get_arguments())
    assert f"invoke {name}" in (request.config.rootpath / "README.md").read_text()


def test_every_command_in_the_documents_exists(request: pytest.FixtureRequest) -> None:
    text = documents(request.config.rootpath)
    known = set(named_tasks(tasks.namespace))
    for name in re.findall(r"\binvoke ([a-z][a-z.-]*[a-z])", text):
        assert name in known, f"the documents name `invoke {name}`"


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_in_the_reference(
    table: type[schema.Table], request: pytest.FixtureRequest
) -> None:
    text = (request.config.rootpath / "docs" / "configuration.md").read_text()
    for key in set(table.model_fields) - {"build"}:
        assert f"| `{key}` |" in text
