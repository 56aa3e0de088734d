data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  json = jsonencode(local.target)

  target = {
    project     = var.project
    environment = var.environment
    account     = data.aws_caller_identity.current.account_id
    region      = data.aws_region.current.name
    cluster     = var.cluster
    records     = var.records
    services    = var.services
    sites       = var.sites
  }
}

# The one thing that a deploy reads of what Terraform made. deploy/target.py parses this shape.
resource "aws_ssm_parameter" "deploy" {
  #checkov:skip=CKV2_AWS_34: it holds identifiers, no secrets
  #checkov:skip=CKV_AWS_337: it holds identifiers, no secrets
  name        = "/${var.project}/${var.environment}/deploy"
  description = "What a deploy of ${var.project} to ${var.environment} must know"
  type        = "String"
  tier        = "Intelligent-Tiering" # beyond 4 KB the standard tier refuses

  # Beyond 4 KB, some six services, it is packed: no tier takes more than 8 KB.
  insecure_value = length(local.json) <= 4096 ? local.json : base64gzip(local.json)
}
