"""Amazon RDS for PostgreSQL with a real server: what the API says of an instance is so.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/Welcome.html
"""

from localcloud.rds.api import ACTIONS, RdsApi
from localcloud.rds.groups import Groups
from localcloud.rds.instances import Instances
from localcloud.rds.runtime import DockerServers
from localcloud.settings import Settings

__all__ = ["ACTIONS", "RdsApi", "create"]


def create(settings: Settings) -> RdsApi:
    """Make an RDS without instances. Call it in the loop that will run it."""
    groups = Groups(settings)
    return RdsApi(settings, Instances(DockerServers(settings), groups.parameters), groups)
