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

variable "endpoint" {
  description = "Where the local cloud answers."
  type        = string
  default     = "http://localhost:4566"
}

variable "site_ports" {
  description = "The port of each site's distribution: the local cloud binds it on loopback."
  type        = map(number)
  default     = {}
}

variable "listener_port" {
  description = "Port of the load balancer's listener: the local cloud binds it on loopback."
  type        = number
  default     = 8000
}

variable "database_port" {
  description = "Port of the database on this machine: the local cloud binds it on loopback."
  type        = number
  default     = 15432
}

variable "password_version" {
  description = "Another number makes another password of the database: TF_VAR_password_version=2 tries a rotation."
  type        = number
  default     = 1
}
