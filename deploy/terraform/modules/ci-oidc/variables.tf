variable "target" {
  description = "What the deploy parameter says: the environment's parts by name, the roles by ARN."
  type = object({
    project     = string
    environment = string
    account     = string
    region      = string
    cluster     = string
    records     = string
    services = map(object({
      repository         = string
      execution_role_arn = string
      task_role_arn      = string
      log_group          = string
    }))
    sites = map(object({ bucket = string, distribution = string }))
  })
}

# Repositories made since July 2026 put their ids into the subject:
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
variable "repository" {
  description = "OWNER/REPO on GitHub; OWNER@ID/REPO@ID where its tokens name the ids."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?$", var.repository))
    error_message = "Give one repository, OWNER/REPO or OWNER@ID/REPO@ID: a pattern would let others in."
  }
}

variable "environments" {
  description = "GitHub's environments: `deploy` (with approval) may deploy, `plan` may only look."
  type        = object({ deploy = string, plan = string })

  validation {
    condition     = alltrue([for name in values(var.environments) : can(regex("^[A-Za-z0-9._-]+$", name))])
    error_message = "Names of environments here are letters, digits, dots, hyphens and underscores."
  }

  validation {
    condition     = var.environments.deploy != var.environments.plan
    error_message = "The environment that may only look must be another one than the one that may deploy."
  }
}

variable "provider_arn" {
  description = "The account's OIDC provider of GitHub's; null makes it: an account has one at most."
  type        = string
  default     = null
}
