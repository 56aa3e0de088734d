"""What is asked of RDS -> the attributes of an instance. Pure.

Rules and defaults are those of
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from localcloud.rds.model import DEFAULT_PORT, Json
from localcloud.settings import Settings
from localcloud.wire import ApiError, service_model

_IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
_USER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,62}")
_DATABASE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}")
_RESERVED = frozenset({"admin", "rdsadmin", "rds_superuser"})
_LONGEST_NAME = 63
_PASSWORD_LENGTH = (8, 128)
_LEAST_STORAGE = 20  # GiB, of general-purpose storage

# What DescribeDBInstances shows under another name than CreateDBInstance takes it.
_RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
}
# What is called alike in both, but is another thing.
_DIFFERENT = frozenset({"DBSecurityGroups", "MasterUserAuthenticationType"})
_DEFAULTS: Json = {
    "AutoMinorVersionUpgrade": True,
    "BackupRetentionPeriod": 1,
    "BackupTarget": "region",
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "CopyTagsToSnapshot": False,
    "DatabaseInsightsMode": "standard",
    "DedicatedLogVolume": False,
    "DeletionProtection": False,
    "EngineLifecycleSupport": "open-source-rds-extended-support",
    "IAMDatabaseAuthenticationEnabled": False,
    "LicenseModel": "postgresql-license",
    "MonitoringInterval": 0,
    "MultiAZ": False,
    "NetworkType": "IPV4",
    "PerformanceInsightsEnabled": False,
    "PreferredBackupWindow": "03:00-03:30",
    "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
    "PubliclyAccessible": False,
    "StorageEncrypted": False,
    "StorageType": "gp2",
}
_GP3 = {"Iops": 3000, "StorageThroughput": 125}
# Without ApplyImmediately these wait for the maintenance window; here, for a reboot.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html
_DEFERRED = frozenset(
    {
        "AllocatedStorage",
        "BackupRetentionPeriod",
        "CACertificateIdentifier",
        "DBInstanceClass",
        "EngineVersion",
        "Iops",
        "LicenseModel",
        "MultiAZ",
        "StorageThroughput",
        "StorageType",
    }
)
_NOT_HERE = {
    "NewDBInstanceIdentifier": "rename an instance",
    "DBPortNumber": "change the port of an instance",
    "ManageMasterUserPassword": "keep the master password in Secrets Manager by itself",
    "RotateMasterUserPassword": "rotate the master password by itself",
    "DBClusterIdentifier": "run clusters",
}


def check_creation(given: Json) -> None:
    """Raise ApiError unless CreateDBInstance with `given` is what RDS, and this one, can do."""
    _check_here(given)
    _check_engine(given)
    _check_names(given)
    check_password(given.get("MasterUserPassword", ""))
    for name in ("AllocatedStorage", "DBInstanceClass"):
        if not given.get(name):
            raise ApiError("InvalidParameterCombination", f"{name} must be specified.")
    _check_numbers(given)


def _check_here(given: Json) -> None:
    for name, what in _NOT_HERE.items():
        if given.get(name):
            raise ApiError(
                "InvalidParameterCombination", f"The local cloud can't {what}: leave out {name}."
            )


def _check_engine(given: Json) -> None:
    if given.get("Engine") != "postgres":
        raise ApiError(
            "InvalidParameterValue",
            f"Invalid DB engine: {given.get('Engine')}. The local cloud runs postgres only.",
        )
    version = str(given.get("EngineVersion", "17"))
    if not re.fullmatch(r"\d{2}(\.\d+)?", version):
        raise ApiError("InvalidParameterCombination", f"Cannot find version {version} for postgres")


def _check_names(given: Json) -> None:
    identifier = given["DBInstanceIdentifier"]
    if len(identifier) > _LONGEST_NAME or not _IDENTIFIER.fullmatch(identifier):
        raise ApiError(
            "InvalidParameterValue",
            "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin "
            "with a letter; must contain only ASCII letters, digits, and hyphens; and must not "
            "end with a hyphen or contain two consecutive hyphens.",
        )
    user = given.get("MasterUsername", "")
    if not _USER.fullmatch(user) or user.lower() in _RESERVED or user.startswith("pg_"):
        raise ApiError(
            "InvalidParameterValue",
            f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
            if user
            else "The parameter MasterUsername must be provided and must not be blank.",
        )
    if "DBName" in given and not _DATABASE.fullmatch(given["DBName"]):
        raise ApiError(
            "InvalidParameterValue",
            "DBName must begin with a letter and contain only alphanumeric characters.",
        )


def check_password(password: str) -> None:
    """Raise ApiError unless RDS takes it for PostgreSQL. Never tells the password."""
    shortest, longest = _PASSWORD_LENGTH
    if not shortest <= len(password) <= longest:
        wrong = f"shorter than {shortest}" if len(password) < shortest else f"longer than {longest}"
        raise ApiError(
            "InvalidParameterValue",
            f"The parameter MasterUserPassword is not a valid password because it is {wrong} "
            "characters.",
        )
    if not re.fullmatch(r"[!-~]+", password) or set(password) & set('/@"'):
        raise ApiError(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII "
            "characters besides '/', '@', '\"', ' ' may be used.",
        )


def _check_numbers(given: Json) -> None:
    storage = given.get("AllocatedStorage", _LEAST_STORAGE)
    if storage < _LEAST_STORAGE:
        raise ApiError(
            "InvalidParameterCombination",
            f"Invalid storage size for engine name postgres and storage type: {storage}",
        )
    if not 0 <= given.get("BackupRetentionPeriod", 1) <= 35:  # noqa: PLR2004
        raise ApiError("InvalidParameterValue", "Backup retention period must be between 0 and 35")
    if not 1150 <= given.get("Port", DEFAULT_PORT) <= 65535:  # noqa: PLR2004
        raise ApiError("InvalidParameterValue", "The port must be between 1150 and 65535")
    if given.get("MonitoringInterval") and not given.get("MonitoringRoleArn"):
        raise ApiError(
            "InvalidParameterCombination",
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other "
            "than 0.",
        )


def created(given: Json, settings: Settings, region: str) -> Json:
    """Return the attributes of the instance that CreateDBInstance asks for, defaults included."""
    asked = _shown(given)
    gp3 = _GP3 if asked.get("StorageType") == "gp3" else {}
    zone = {"AvailabilityZone": f"{region}a"}
    major = str(given.get("EngineVersion", "17")).partition(".")[0]
    groups = {
        "DBParameterGroups": parameter_groups(f"default.postgres{major}"),
        "OptionGroupMemberships": _option_groups(f"default:postgres-{major}"),
        "VpcSecurityGroups": [],
    }
    whole = {**_DEFAULTS, **zone, **groups, **gp3, **asked}
    key = f"arn:aws:kms:{region}:{settings.account}:key/aws-rds"
    if whole["StorageEncrypted"]:
        whole.setdefault("KmsKeyId", key)
    return with_insights(whole, key)


def with_insights(attributes: Json, key: str) -> Json:
    """Add what Performance Insights has by default, where it is on."""
    if not attributes["PerformanceInsightsEnabled"]:
        return attributes
    defaults = {"PerformanceInsightsRetentionPeriod": 7, "PerformanceInsightsKMSKeyId": key}
    return {**defaults, **attributes}


def parameter_groups(name: str, status: str = "in-sync") -> list[Json]:
    return [{"DBParameterGroupName": name, "ParameterApplyStatus": status}]


def _option_groups(name: str) -> list[Json]:
    return [{"OptionGroupName": name, "Status": "in-sync"}]


@lru_cache
def _same_names() -> frozenset[str]:
    """Return what CreateDBInstance takes and DescribeDBInstances shows by the same name."""
    model = service_model("rds")
    shapes = [model.shape_for(name) for name in ("CreateDBInstanceMessage", "DBInstance")]
    taken, found = (set(getattr(shape, "members")) for shape in shapes)  # noqa: B009 - no stubs
    return frozenset(taken & found - _DIFFERENT)


def _shown(given: Json) -> Json:
    same = _same_names()
    found = {name: value for name, value in given.items() if name in same}
    found |= {new: given[name] for name, new in _RENAMED.items() if name in given}
    if "VpcSecurityGroupIds" in given:
        found["VpcSecurityGroups"] = [
            {"VpcSecurityGroupId": group, "Status": "active"}
            for group in given["VpcSecurityGroupIds"]
        ]
    if name := given.get("DBParameterGroupName"):
        found["DBParameterGroups"] = parameter_groups(name)
    if name := given.get("OptionGroupName"):
        found["OptionGroupMemberships"] = _option_groups(name)
    return found


def modified(given: Json, attributes: Mapping[str, object]) -> tuple[Json, Json]:
    """Return what ModifyDBInstance changes at once, and what waits.

    `attributes` are those that the instance has. Raises ApiError for what can't be done.
    """
    _check_here(given)
    _check_numbers(given)
    _check_growth(given, attributes)
    if "MasterUserPassword" in given:
        check_password(given["MasterUserPassword"])
    asked = _shown(given)
    asked.pop("MasterUsername", None)
    asked |= _exports(given, attributes)
    if name := given.get("DBParameterGroupName"):
        asked["DBParameterGroups"] = parameter_groups(name, "pending-reboot")
    changed = {name: value for name, value in asked.items() if attributes.get(name) != value}
    waits = set() if given.get("ApplyImmediately") else _DEFERRED & set(changed)
    return (
        {name: value for name, value in changed.items() if name not in waits},
        {name: changed[name] for name in waits},
    )


def _check_growth(given: Json, attributes: Mapping[str, object]) -> None:
    have, asked = str(attributes.get("EngineVersion", "")), str(given.get("EngineVersion", ""))
    if asked and have and asked.partition(".")[0] != have.partition(".")[0]:
        raise ApiError(
            "InvalidParameterCombination",
            f"The local cloud can't upgrade PostgreSQL {have} to {asked}: replace the instance.",
        )
    if given.get("AllocatedStorage", 65536) < int(str(attributes["AllocatedStorage"])):
        raise ApiError(
            "InvalidParameterCombination", "Requested storage size cannot be less than the current"
        )


def _exports(given: Json, attributes: Mapping[str, object]) -> Json:
    asked = given.get("CloudwatchLogsExportConfiguration")
    if not asked:
        return {}
    have = attributes.get("EnabledCloudwatchLogsExports") or []
    assert isinstance(have, list)  # noqa: S101 - as _shown made it
    kept = {*have, *asked.get("EnableLogTypes", [])} - set(asked.get("DisableLogTypes", []))
    return {"EnabledCloudwatchLogsExports": sorted(kept)}
