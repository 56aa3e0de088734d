variable "project" {
  description = "The project: the first part of every name."
  type        = string
}

variable "environment" {
  description = "The environment: the second part of every name."
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
  description = "The service that gets every path but /<service>/* of the others."
  type        = string
}

variable "sites" {
  description = "Sites of deploy.toml: what answers a path without an extension, and which releases stay."
  type = map(object({
    single_page   = bool
    keep_releases = optional(number, 3)
    keep_days     = optional(number, 7)
  }))
  default = {}
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

variable "database_settings" {
  description = "Settings of the data module; null for its own. `egress_cidrs` is for clouds that don't let go of that rule."
  type = object({
    multi_az            = optional(bool)
    deletion_protection = optional(bool)
    backup_days         = optional(number)
    growth              = optional(number)
    sslmode             = optional(string)
    password_version    = optional(number)
    logs                = optional(set(string))
    insights            = optional(bool)
    alarm               = optional(object({ topics = list(string) }))
    egress_cidrs        = optional(list(string))
    tags                = optional(map(string))
  })
  default = {}
}

variable "site_domains" {
  description = "A site's own name and its ACM certificate in us-east-1; the others have CloudFront's."
  type        = map(object({ name = string, certificate_arn = string }))
  default     = {}
}

variable "cdn" {
  description = "Settings of every site's distribution; null for the site module's own. `urls` and `tags` are by site."
  type = object({
    urls                    = optional(map(string), {})
    tags                    = optional(map(map(string)), {})
    viewer_protocol_policy  = optional(string)
    hsts_seconds            = optional(number)
    content_security_policy = optional(string)
    price_class             = optional(string)
    wait_for_deployment     = optional(bool)
  })
  default = {}
}

variable "url" {
  description = "Where the load balancer is reached, such as https://example.com; null for its own name."
  type        = string
  default     = null
}

variable "network" {
  description = "Settings of the network module."
  type = object({
    cidr          = optional(string, "10.20.0.0/16")
    nat           = optional(string, "none")
    dns_hostnames = optional(bool, true)
  })
  default = {}
}

variable "load_balancer" {
  description = "Settings of the cluster module's load balancer."
  type = object({
    http_port           = optional(number, 80)
    certificate_arn     = optional(string)
    domain              = optional(string) # a name that the certificate has: CloudFront checks it
    only_cloudfront     = optional(bool, false)
    allowed_cidrs       = optional(list(string), ["0.0.0.0/0"])
    egress_cidrs        = optional(list(string)) # null: the VPC
    deletion_protection = optional(bool, false)
  })
  default = {}
}

variable "container_insights" {
  description = "CloudWatch Container Insights: enabled or disabled."
  type        = string
  default     = "disabled"
}

variable "health_check" {
  description = "Settings of every service's health check, but its path and grace period. Seconds."
  type = object({
    matcher             = optional(string)
    interval            = optional(number)
    timeout             = optional(number)
    healthy_threshold   = optional(number)
    unhealthy_threshold = optional(number)
  })
  default = {}
}

variable "deregistration_delay" {
  description = "Seconds that a stopping task has to finish its requests."
  type        = number
  default     = 30
}

variable "scaling" {
  description = "How many tasks a service has, and the average use in percent that scaling aims at."
  type = object({
    min    = optional(number)
    max    = optional(number, 4)
    cpu    = optional(number)
    memory = optional(number)
  })
  default = {}
}

variable "disposable" {
  description = "Whether destroy also deletes images and sites with all their releases."
  type        = bool
  default     = false
}
