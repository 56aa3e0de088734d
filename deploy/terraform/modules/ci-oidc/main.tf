data "aws_partition" "current" {}

locals {
  name      = "${var.target.project}-${var.target.environment}"
  issuer    = "token.actions.githubusercontent.com"
  provider  = var.provider_arn == null ? aws_iam_openid_connect_provider.github[0].arn : var.provider_arn
  partition = data.aws_partition.current.partition
  here      = "${var.target.region}:${var.target.account}"
  services  = values(var.target.services)
  sites     = [for site in var.target.sites : "arn:${local.partition}:s3:::${site.bucket}"]
  buckets   = concat(local.sites, ["arn:${local.partition}:s3:::${var.target.records}"])

  lists = {
    repositories  = [for service in local.services : "arn:${local.partition}:ecr:${local.here}:repository/${service.repository}"]
    logs          = [for service in local.services : "arn:${local.partition}:logs:${local.here}:log-group:${service.log_group}:*"]
    roles         = flatten([for service in local.services : [service.execution_role_arn, service.task_role_arn]])
    buckets       = local.buckets
    objects       = [for arn in local.buckets : "${arn}/*"]
    site_objects  = [for arn in local.sites : "${arn}/*"]
    distributions = [for site in var.target.sites : "arn:${local.partition}:cloudfront::${var.target.account}:distribution/${site.distribution}"]
  }

  # The template is what `invoke infra.policy` reads too (deploy/infra/policy.py): a test compares.
  document = jsondecode(templatefile("${path.module}/policy.json.tftpl", merge(
    { for name, list in local.lists : name => jsonencode(sort(distinct(list))) },
    {
      partition   = local.partition
      region      = var.target.region
      account     = var.target.account
      project     = var.target.project
      environment = var.target.environment
      cluster     = var.target.cluster
    },
  )))

  # IAM refuses a statement about nothing.
  statements = [for statement in local.document.Statement : statement if length(statement.Resource) > 0]

  # Apart, because IAM takes 6,144 characters at a time.
  policies = {
    plan   = [for statement in local.statements : statement if startswith(statement.Sid, "See")]
    roles  = [for statement in local.statements : statement if statement.Sid == "HandRolesToTasks"]
    deploy = [for statement in local.statements : statement if !startswith(statement.Sid, "See") && statement.Sid != "HandRolesToTasks"]
  }

  attachments = {
    plan-plan     = { role = "plan", policy = "plan" }
    deploy-plan   = { role = "deploy", policy = "plan" }
    deploy-roles  = { role = "deploy", policy = "roles" }
    deploy-deploy = { role = "deploy", policy = "deploy" }
  }
}

# IAM knows GitHub's certificate authority: it wants no thumbprint any more.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
resource "aws_iam_openid_connect_provider" "github" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

# Only a job of this repository, in that environment: who may run one there, GitHub decides.
# https://docs.github.com/en/actions/reference/security/oidc
data "aws_iam_policy_document" "trust" {
  for_each = var.environments

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["repo:${var.repository}:environment:${each.value}"]
    }
  }
}

resource "aws_iam_role" "main" {
  for_each = var.environments

  name               = "${local.name}-ci-${each.key}"
  description        = "GitHub's environment ${each.value} of ${var.repository}"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_policy" "main" {
  for_each = local.policies

  name        = "${local.name}-ci-${each.key}"
  description = "A part of what deploys to ${local.name} may do"
  policy      = jsonencode({ Version = local.document.Version, Statement = each.value })

  lifecycle {
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    postcondition {
      condition     = length(self.policy) <= 6144
      error_message = "More services than IAM has room for in one policy: give some an environment of their own."
    }
  }
}

resource "aws_iam_role_policy_attachment" "main" {
  for_each = local.attachments

  role       = aws_iam_role.main[each.value.role].name
  policy_arn = aws_iam_policy.main[each.value.policy].arn
}
