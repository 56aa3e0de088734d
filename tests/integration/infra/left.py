"""What there is of an environment on the local cloud, by name."""

from tests.integration.local_cloud import Cloud


def everything(cloud: Cloud) -> list[str]:
    """Return the names and ARNs of what can be listed."""
    ecs, ec2 = cloud.client("ecs"), cloud.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["Project"]}])["Vpcs"]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    return [
        *ecs.list_clusters()["clusterArns"],
        *(tag["Value"] for vpc in vpcs for tag in vpc["Tags"]),
        *(group["GroupName"] for group in groups),
        *(
            lb["LoadBalancerArn"]
            for lb in cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
        ),
        *(
            tg["TargetGroupArn"]
            for tg in cloud.client("elbv2").describe_target_groups()["TargetGroups"]
        ),
        *(r["repositoryArn"] for r in cloud.client("ecr").describe_repositories()["repositories"]),
        *(role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]),
        *(
            group["logGroupName"]
            for group in cloud.client("logs").describe_log_groups()["logGroups"]
        ),
        *(
            p["Name"].replace("/", "-")
            for p in cloud.client("ssm").describe_parameters()["Parameters"]
        ),
        *(bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]),
        *of_databases(cloud),
        *of_cloudfront(cloud),
    ]


def of_databases(cloud: Cloud) -> list[str]:
    rds, secrets = cloud.client("rds"), cloud.client("secretsmanager")
    return [
        *(found["DBInstanceIdentifier"] for found in rds.describe_db_instances()["DBInstances"]),
        *(
            found["DBSubnetGroupName"]
            for found in rds.describe_db_subnet_groups()["DBSubnetGroups"]
        ),
        *(
            found["DBParameterGroupName"]
            for found in rds.describe_db_parameter_groups()["DBParameterGroups"]
        ),
        *(found["Name"].replace("/", "-") for found in secrets.list_secrets()["SecretList"]),
    ]


def of_cloudfront(cloud: Cloud) -> list[str]:
    client = cloud.client("cloudfront")
    own = {"Type": "custom"}
    distributions = client.list_distributions()["DistributionList"].get("Items", ())
    cached = client.list_cache_policies(**own)["CachePolicyList"].get("Items", ())
    sent = client.list_response_headers_policies(**own)["ResponseHeadersPolicyList"]
    controls = client.list_origin_access_controls()["OriginAccessControlList"].get("Items", ())
    return [
        *(found["Comment"] for found in distributions),
        *(found["CachePolicy"]["CachePolicyConfig"]["Name"] for found in cached),
        *(
            found["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"]
            for found in sent.get("Items", ())
        ),
        *(found["Name"] for found in controls),
        *(found["Name"] for found in client.list_functions()["FunctionList"].get("Items", ())),
    ]
