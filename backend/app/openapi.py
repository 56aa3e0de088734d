"""The API's description; `python -m app.openapi` prints it as JSON, for whoever needs it."""

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .problems import PROBLEM, Problem

COMPONENTS = "#/components/schemas/{model}"


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI with the schema of problems, which FastAPI can't name for another media type."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        problem = Problem.model_json_schema(ref_template=COMPONENTS)
        nested = problem.pop("$defs")
        name = PROBLEM.rpartition("/")[2]
        schema["components"]["schemas"] |= {**nested, name: problem}
        app.openapi_schema = schema
    return app.openapi_schema


def main() -> None:
    from .main import create_app
    from .settings import Settings

    json.dump(describe(create_app(Settings())), sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
