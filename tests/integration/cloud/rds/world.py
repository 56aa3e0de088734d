"""What the RDS tests do through boto3 and asyncpg: an instance of one test."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from botocore.exceptions import ClientError

from tests.integration.local_cloud import Cloud, eventually

PASSWORD = "it's $a `pass` \\word!:%#?&=".replace(" ", "_")  # all that RDS takes
Json = dict[str, Any]


class Instances:
    """Instances of one test; they are deleted afterwards."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.rds = cloud.client("rds")
        self._made: list[str] = []

    def create(self, **options: Any) -> str:
        """Ask for an instance; return its identifier."""
        name = options.setdefault("DBInstanceIdentifier", f"t-{uuid.uuid4().hex[:10]}")
        given = {
            "Engine": "postgres",
            "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": 20,
            "DBName": "app",
            "MasterUsername": "app",
            "MasterUserPassword": PASSWORD,
            **options,
        }
        self.rds.create_db_instance(**given)
        self._made.append(name)
        return str(name)

    def made(self, **options: Any) -> str:
        """Return an instance that is available."""
        name = self.create(**options)
        self.until(name, "available")
        return name

    def find(self, name: str) -> Json:
        found: Json = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        return found

    def until(self, name: str, status: str) -> Json:
        """Wait for a state; fail at once when the instance has failed instead."""

        def look() -> Json | None:
            found = self.find(name)
            state = found["DBInstanceStatus"]
            assert state == status or state != "failed", found.get("StatusInfos")
            return found if state == status else None

        found = eventually(look, 60)
        assert found is not None
        return found

    def shown(self, name: str) -> Json:
        """Return what the local cloud's status document says of an instance."""
        shown = self.cloud.status()["databases"]
        found: Json = next(item for item in shown if item["id"] == name)
        return found

    @asynccontextmanager
    async def connected(self, name: str, password: str = PASSWORD) -> AsyncIterator[Any]:
        """Connect as a person on this machine does."""
        url = self.shown(name)["url"]
        connection = await asyncpg.connect(url, password=password, timeout=10, ssl=False)
        try:
            yield connection
        finally:
            await connection.close()

    def delete(self, name: str) -> None:
        """Delete an instance and wait until it is gone."""
        self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)

        def gone() -> bool:
            with suppress(self.rds.exceptions.DBInstanceNotFoundFault):
                self.find(name)
                return False
            return True

        eventually(gone, 60)

    def close(self) -> None:
        for name in self._made:
            with suppress(ClientError):
                self.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
            with suppress(ClientError):
                self.delete(name)
