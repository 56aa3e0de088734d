# The roles that GitHub Actions deploys with: docs/ci.md.

variable "github" {
  description = "The repository that may deploy, OWNER/REPO (or OWNER@ID/REPO@ID), and from which environments of GitHub's; null for none. `provider_arn`: the account's OIDC provider of GitHub's, if there is one."
  type = object({
    repository   = string
    deploy       = optional(string)
    plan         = optional(string)
    provider_arn = optional(string)
  })
  default = null
}

module "ci" {
  source = "../../modules/ci-oidc"
  count  = var.github == null ? 0 : 1

  target       = module.environment.target
  repository   = var.github.repository
  provider_arn = var.github.provider_arn

  environments = {
    deploy = coalesce(var.github.deploy, var.environment)
    plan   = coalesce(var.github.plan, "${var.environment}-plan")
  }
}

output "ci_roles" {
  description = "The roles of GitHub Actions: what may deploy, and what may only plan."
  value       = one(module.ci[*].roles)
}
