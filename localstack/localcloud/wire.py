"""Errors and input validation as AWS's JSON and Query protocols have them."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

_INVALID = {
    "ecs": "InvalidParameterException",
    "application-autoscaling": "ValidationException",
    "elbv2": "ValidationError",
    "rds": "InvalidParameterValue",
}


class ApiError(Exception):
    """An error reply of an AWS API: its code, its message and its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@lru_cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of `service`, for example "ecs"."""
    return botocore.session.get_session().get_service_model(service)


def validate(service: str, action: str, body: dict[str, Any]) -> None:
    """Check `body` against botocore's model of the operation `action` of `service`.

    Raises ApiError: the service's own code for a wrong parameter, or UnknownOperationException.
    """
    model = service_model(service)
    if action not in model.operation_names:
        raise ApiError("UnknownOperationException", f"{service} has no operation {action}")
    shape = model.operation_model(action).input_shape
    report = ParamValidator().validate(body, shape) if shape else None
    if report and report.has_errors():
        code = _INVALID.get(service, "ValidationException")
        raise ApiError(code, report.generate_report())


def dumps(body: Mapping[str, Any]) -> bytes:
    """Encode a JSON 1.1 reply; a datetime becomes seconds since the epoch."""
    return json.dumps(body, default=_timestamp).encode()


def _timestamp(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} has no place in a JSON 1.1 reply")


def query_input(service: str, action: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """Build the input of a Query protocol call from its form `fields`.

    https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

    Raises ApiError if it does not fit botocore's model of the operation.
    """
    model = service_model(service)
    if action not in model.operation_names:
        raise ApiError("InvalidAction", f"Could not find operation {action}")
    shape = model.operation_model(action).input_shape
    body: dict[str, Any] = (_read(shape, "", fields) if shape else None) or {}
    validate(service, action, body)
    return body


def _read(shape: Shape, prefix: str, fields: Mapping[str, str]) -> Any:
    if shape.type_name == "structure":
        members: Mapping[str, Shape] = getattr(shape, "members", {})
        dotted = f"{prefix}." if prefix else ""
        found = {name: _read(member, dotted + name, fields) for name, member in members.items()}
        return {name: value for name, value in found.items() if value is not None} or None
    if shape.type_name == "list":
        return _read_list(shape, prefix, fields)
    return _scalar(shape, fields[prefix]) if prefix in fields else None


def _read_list(shape: Shape, prefix: str, fields: Mapping[str, str]) -> list[Any] | None:
    member: Shape = getattr(shape, "member")  # noqa: B009 - absent from the stubs of Shape
    name = f"{prefix}.{_item_name(member)}"
    values: list[Any] = []
    while any(_under(f"{name}.{len(values) + 1}", field) for field in fields):
        values.append(_read(member, f"{name}.{len(values) + 1}", fields) or {})
    return values or None


def _item_name(member: Shape) -> str:
    return str(member.serialization.get("name", "member"))


def _under(prefix: str, field: str) -> bool:
    return field == prefix or field.startswith(f"{prefix}.")


def _scalar(shape: Shape, text: str) -> Any:
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
    except ValueError as error:
        raise ApiError("ValidationError", f"'{text}' is not a number") from error
    return text == "true" if shape.type_name == "boolean" else text


def xml_members(value: Any) -> str:
    """Render a value as AWS does in XML: a list as `member` elements, a mapping as elements."""
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{xml_members(item)}</{name}>" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(f"<member>{xml_members(item)}</member>" for item in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def xml_of(shape: Shape, value: Any) -> str:
    """Render a value as botocore's `shape` names its parts: RDS names the items of its lists."""
    if shape.type_name == "structure":
        members: Mapping[str, Shape] = getattr(shape, "members", {})
        found = {name: xml_of(members[name], item) for name, item in value.items()}
        return "".join(f"<{name}>{text}</{name}>" for name, text in found.items())
    if shape.type_name == "list":
        member: Shape = getattr(shape, "member")  # noqa: B009 - absent from the stubs of Shape
        name = _item_name(member)
        return "".join(f"<{name}>{xml_of(member, item)}</{name}>" for item in value)
    return xml_members(value.isoformat() if isinstance(value, datetime) else value)


def query_reply(
    namespace: str, action: str, result: Mapping[str, Any], shape: Shape | None = None
) -> bytes:
    """Render the successful reply of a Query protocol call, by the output's `shape` if given."""
    body = xml_of(shape, result) if shape else xml_members(result)
    return (
        f'<{action}Response xmlns="{namespace}">'
        f"<{action}Result>{body}</{action}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{action}Response>"
    ).encode()


def query_error(namespace: str, error: ApiError) -> bytes:
    """Render an error of a Query protocol call."""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type>'
        f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    ).encode()
