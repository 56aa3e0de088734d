"""The service keeps what its OpenAPI promises: schemathesis makes up requests, good and bad."""

import asyncio
import sys
from pathlib import Path

import httpx

from .conftest import until_ready
from .process import SERVICE, serving

SEED = "20261122"
SECONDS = "45"  # it makes up requests for so long
LIMIT = 200.0  # seconds for all of it, on a machine that does other things as well

# A stream of events never ends (test_events.py). What the schema can't say is refused with 422:
# a date in the future, a driver who is too young, a cursor that no page has given.
ARGUMENTS = (
    "--exclude-path=/api/v1/events",
    "--exclude-checks=positive_data_acceptance",
    f"--seed={SEED}",
    f"--max-time={SECONDS}",
    "--max-examples=40",
    "--continue-on-failure",
    "--generation-database=none",
    "--no-color",
)


async def test_no_request_breaks_it_and_every_answer_is_as_described(
    tmp_path: Path, database_url: str
) -> None:
    async with serving(tmp_path, *SERVICE, DATABASE_URL=database_url) as running:
        await until_ready(running.client)
        process = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).parent / "schemathesis"), "run", *ARGUMENTS),
            str(running.client.base_url.join("/openapi.json")),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), LIMIT)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, said.decode()
        assert not [line for line in running.logged() if line["level"] == "error"]


async def test_every_operation_says_how_it_can_fail(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            if path.startswith("/api/v1"):
                assert {"422", "503"} <= set(responses), path
                assert "application/problem+json" in responses["503"]["content"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]
