"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""

import pytest

from localcloud.rds.requests import check_creation, created, modified
from localcloud.wire import ApiError
from tests.unit.localcloud.rds.played import REGION, SETTINGS, asked


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"Engine": "mysql"}, "runs postgres only"),
        ({"EngineVersion": "latest"}, "Cannot find version"),
        ({"DBInstanceIdentifier": "a--b"}, "not a valid identifier"),
        ({"DBInstanceIdentifier": "1a"}, "not a valid identifier"),
        ({"MasterUsername": "rdsadmin"}, "reserved word"),
        ({"MasterUsername": None}, "must be provided"),
        ({"MasterUserPassword": "short"}, "shorter than 8"),
        ({"MasterUserPassword": None}, "shorter than 8"),
        ({"MasterUserPassword": "x" * 129}, "longer than 128"),
        ({"MasterUserPassword": "with/slash"}, "not a valid password"),
        ({"MasterUserPassword": "umlaut-äöü"}, "not a valid password"),
        ({"DBName": "my-app"}, "DBName"),
        ({"AllocatedStorage": 5}, "Invalid storage size"),
        ({"AllocatedStorage": None}, "AllocatedStorage must be specified"),
        ({"BackupRetentionPeriod": 36}, "between 0 and 35"),
        ({"Port": 80}, "between 1150 and 65535"),
        ({"MonitoringInterval": 60}, "MonitoringRoleARN"),
        ({"ManageMasterUserPassword": True}, "leave out ManageMasterUserPassword"),
        ({"DBClusterIdentifier": "c"}, "can't run clusters"),
    ],
)
def test_what_rds_refuses_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ApiError, match=said):
        check_creation(asked(**wrong))


def test_a_refused_password_is_not_told() -> None:
    with pytest.raises(ApiError) as caught:
        check_creation(asked(MasterUserPassword="secret with space"))
    assert "secret" not in str(caught.value)


def test_every_password_that_rds_takes_is_taken() -> None:
    check_creation(
        asked(
            MasterUserPassword="".join(map(chr, range(33, 127))).translate(
                str.maketrans("", "", '/@"')
            )
        )
    )


def test_what_was_asked_for_is_shown_and_the_password_is_not() -> None:
    given = asked(
        VpcSecurityGroupIds=["sg-1"],
        EnablePerformanceInsights=True,
        StorageEncrypted=True,
        StorageType="gp3",
        DBParameterGroupName="mine",
    )
    found = created(given, SETTINGS, REGION)
    assert "long-enough" not in str(found)
    assert found["VpcSecurityGroups"] == [{"VpcSecurityGroupId": "sg-1", "Status": "active"}]
    assert found["PerformanceInsightsEnabled"] is True
    assert found["PerformanceInsightsRetentionPeriod"] == 7
    assert found["KmsKeyId"].startswith("arn:aws:kms:")
    assert (found["Iops"], found["StorageThroughput"]) == (3000, 125)
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "mine"
    assert found["BackupRetentionPeriod"] == 1


def test_a_modification_is_only_what_differs() -> None:
    have = created(asked(), SETTINGS, REGION)
    at_once, later = modified({"MultiAZ": False, "DeletionProtection": True}, have)
    assert at_once == {"DeletionProtection": True}
    assert later == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"EngineVersion": "18"}, "can't upgrade PostgreSQL 17 to 18"),
        ({"AllocatedStorage": 20}, "less than the current"),
        ({"NewDBInstanceIdentifier": "x"}, "can't rename"),
        ({"MasterUserPassword": "short"}, "not a valid password"),
    ],
)
def test_what_can_t_be_changed_is_refused(given: dict[str, object], said: str) -> None:
    have = created(asked(AllocatedStorage=30), SETTINGS, REGION)
    with pytest.raises(ApiError, match=said):
        modified(given, have)


def test_log_exports_are_added_and_removed() -> None:
    have = created(asked(EnableCloudwatchLogsExports=["upgrade"]), SETTINGS, REGION)
    asks = {"EnableLogTypes": ["postgresql"], "DisableLogTypes": ["upgrade"]}
    at_once, _ = modified({"CloudwatchLogsExportConfiguration": asks}, have)
    assert at_once == {"EnabledCloudwatchLogsExports": ["postgresql"]}
