# `invoke infra.*` writes these from deploy.toml, into .shipway/<environment>/terraform.tfvars.json.

variable "project" {
  description = "The project: the first part of every name."
  type        = string
}

variable "environment" {
  description = "The environment: the second part of every name."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "services" {
  description = "Services of deploy.toml: the container's port, the path of its health check, seconds to start, whose image it runs (its own: empty), whether it names the database's secret."
  type = map(object({
    port         = number
    health       = string
    start_period = number
    image        = optional(string, "")
    database     = optional(bool, false)
  }))
}

variable "default_service" {
  description = "The service that gets every path but /<service>/* of the others: deploy.toml's first."
  type        = string
}

variable "sites" {
  description = "Sites of deploy.toml: what answers a path without an extension, and which releases stay."
  type        = map(object({ single_page = bool, keep_releases = number, keep_days = number }))
  default     = {}
}

variable "database" {
  description = "[database] of deploy.toml: PostgreSQL's name, major version, instance class, GiB, the secret of its URL, and the connections of a task; null for none."
  type = object({
    name        = string
    version     = string
    size        = string
    storage     = number
    secret      = string
    connections = number
  })
  default = null
}

variable "account" {
  description = "The AWS account: any other one is refused."
  type        = string
}

# What deploy.toml doesn't say. Set these in terraform.tfvars beside this file.

variable "domain" {
  description = "The load balancer's name, such as api.example.com; its DNS record is yours to make."
  type        = string
  default     = null

  validation {
    condition     = var.domain != null || var.certificate_arn == null || length(var.sites) == 0
    error_message = "Set `domain` to a name of the certificate: CloudFront reaches the load balancer by it."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the domain. With one, port 80 redirects to HTTPS."
  type        = string
  default     = null
}

variable "nat" {
  description = "NAT gateways (about 33 USD a month each): none, single, per_az."
  type        = string
  default     = "single"
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "only_cloudfront" {
  description = "Whether nobody but CloudFront may reach the load balancer: instead of allowed_cidrs."
  type        = bool
  default     = false
}

variable "site_domains" {
  description = "A site's own name and its ACM certificate in us-east-1, by the site's name in deploy.toml. The DNS record is yours to make."
  type        = map(object({ name = string, certificate_arn = string }))
  default     = {}
}

variable "content_security_policy" {
  description = "What a site's pages may load; null for what a Vite build needs, and its own host only."
  type        = string
  default     = null
}

variable "price_class" {
  description = "Where CloudFront serves from: PriceClass_100 (North America, Europe), PriceClass_200, PriceClass_All."
  type        = string
  default     = "PriceClass_100"
}

variable "deletion_protection" {
  description = "Of the load balancer and the database: set this to false, and apply, before you destroy the environment."
  type        = bool
  default     = true
}

variable "multi_az" {
  description = "Whether a second database in another zone takes over when the first one fails: twice the price."
  type        = bool
  default     = true
}

variable "backup_days" {
  description = "Days for which the database can be restored to any second, 1 to 35."
  type        = number
  default     = 14
}

variable "password_version" {
  description = "Another number, and an apply, makes another password of the database: deploy at once after it."
  type        = number
  default     = 1
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that are told when the database's storage runs out."
  type        = list(string)
  default     = []
}

variable "container_insights" {
  description = "CloudWatch Container Insights (it costs money per metric): enabled or disabled."
  type        = string
  default     = "disabled"
}

variable "scaling" {
  description = "How many tasks a service has, and the average use in percent that scaling aims at."
  type = object({
    min    = optional(number, 1)
    max    = optional(number, 4)
    cpu    = optional(number, 70)
    memory = optional(number, 80)
  })
  default = {}
}
