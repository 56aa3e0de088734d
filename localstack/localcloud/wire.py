"""Errors and input validation as AWS's JSON and Query protocols have them."""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

_INVALID = {
    "ecs": "InvalidParameterException",
    "application-autoscaling": "ValidationException",
    "elbv2": "ValidationError",
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
