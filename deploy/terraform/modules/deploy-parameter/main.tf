data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

# The one thing that a deploy reads of what Terraform made. deploy/target.py parses this shape.
resource "aws_ssm_parameter" "deploy" {
  #checkov:skip=CKV2_AWS_34: it holds identifiers, no secrets
  #checkov:skip=CKV_AWS_337: it holds identifiers, no secrets
  name        = "/${var.project}/${var.environment}/deploy"
  description = "What a deploy of ${var.project} to ${var.environment} must know"
  type        = "String"
  tier        = "Intelligent-Tiering" # beyond 4 KB, some six services, the standard tier refuses

  insecure_value = jsonencode({
    project     = var.project
    environment = var.environment
    account     = data.aws_caller_identity.current.account_id
    region      = data.aws_region.current.name
    cluster     = var.cluster
    records     = var.records
    services    = var.services
    sites       = var.sites
  })
}
