"""Errors as application/problem+json (RFC 9457): one shape for each answer that is none."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MEDIA_TYPE = "application/problem+json"
# Python 3.13 has renamed both.
TOO_LARGE, UNPROCESSABLE = HTTPStatus(413), HTTPStatus(422)
RETRY_AFTER = 2  # seconds: about what a database's restart or failover takes to be seen
PROBLEM = "#/components/schemas/Problem"


class FieldError(BaseModel):
    """What is wrong with one field of a form, or one column of a row: `row` counts the header as 1,
    as a spreadsheet does, and is null outside of a file.
    """

    field: str
    message: str
    row: int | None = None


class Problem(BaseModel):
    """`type` is about:blank: `title` is the status's own phrase, `detail` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


class ProblemError(Exception):
    """Ends a request with this status, detail (one sentence), fields at fault and headers."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers


class UnavailableError(ProblemError):
    """503 with Retry-After: nothing is wrong with the request, it may be sent again."""

    def __init__(self, detail: str) -> None:
        headers = {"Retry-After": str(RETRY_AFTER)}
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)


def refused(errors: list[FieldError]) -> ProblemError:
    """422, naming each field at fault."""
    count = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    return ProblemError(UNPROCESSABLE, f"{count} not valid", errors)


def answer(error: ProblemError) -> JSONResponse:
    problem = Problem(
        title=error.status.phrase, status=error.status, detail=error.detail, errors=error.errors
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        error.status,
        headers=dict(error.headers or {}),
        media_type=MEDIA_TYPE,
    )


def field_of(problem: ErrorDetails) -> str:
    """`("body", "email")` -> `email`: where it stood in the request shows from its name."""
    names = [str(part) for part in problem["loc"] if part not in {"body", "query", "path"}]
    return ".".join(names) or "body"


def field_errors(problems: list[ErrorDetails], row: int | None = None) -> list[FieldError]:
    """Pydantic's problems as ours; the values stay out, they may be private."""
    return [
        FieldError(
            field=field_of(problem),
            message=problem["msg"].removeprefix("Value error, "),
            row=row,
        )
        for problem in problems
    ]


async def on_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - for mypy: registered for it alone
    return answer(error)


async def on_http(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own: no such path, no such method, a body that is too large."""
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(allowed(request))
    return answer(ProblemError(HTTPStatus(error.status_code), error.detail, headers=headers))


def allowed(request: Request) -> list[str]:
    """The methods of this path: Starlette names only those of the first route that it finds.

    https://www.rfc-editor.org/rfc/rfc9110#name-405-method-not-allowed
    """
    routes = request.app.router.routes
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return [
        method
        for method, scope in asked
        if any(route.matches(scope)[0] is Match.FULL for route in routes)
    ]


async def on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return answer(refused(field_errors(list(error.errors()))))


def add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may end with these statuses, as OpenAPI says it."""
    content = {MEDIA_TYPE: {"schema": {"$ref": PROBLEM}}}
    retry = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": content,
            **({"headers": retry} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}),
        }
        for status in statuses
    }
