"""`${NAME}` and `${NAME:-default}` in the strings of deploy.toml; `$$` is a dollar sign. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

PATTERN = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_.]*)(?::-([^}]*))?\}|(\{))")


def interpolate(
    value: Any, variables: Mapping[str, str], report: Callable[[str, str], None], path: str = ""
) -> Any:
    """Return `value` with the variables in all its strings replaced.

    `report(path, message)` is called for each variable that is not set and has no default.
    """
    if isinstance(value, dict):
        return {
            key: interpolate(item, variables, report, f"{path}.{key}" if path else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            interpolate(item, variables, report, f"{path}[{index}]")
            for index, item in enumerate(value)
        ]
    if isinstance(value, str):
        return PATTERN.sub(lambda match: _replace(match, variables, report, path), value)
    return value


def _replace(
    match: re.Match[str],
    variables: Mapping[str, str],
    report: Callable[[str, str], None],
    path: str,
) -> str:
    dollar, name, default, open_brace = match.groups()
    if dollar:
        return "$"
    if open_brace:
        report(path, f"'{match.string}' is no reference; write ${{NAME}}, or $$ for a dollar sign")
        return match.group()
    if variables.get(name) or (name in variables and default is None):
        return variables[name]
    if default is not None:
        return str(default)
    report(path, f"the variable {name} is not set; set it in .env or write ${{{name}:-default}}")
    return ""
