variable "project" {
  description = "The project: the first part of every name."
  type        = string
}

variable "environment" {
  description = "The environment: the second part of every name."
  type        = string
}

variable "services" {
  description = "Services of deploy.toml: the container's port, the path of its health check, seconds to start."
  type        = map(object({ port = number, health = string, start_period = number }))
}

variable "default_service" {
  description = "The service that gets every path but /<service>/* of the others."
  type        = string
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
    max    = optional(number)
    cpu    = optional(number)
    memory = optional(number)
  })
  default = {}
}

variable "disposable" {
  description = "Whether destroy also deletes images."
  type        = bool
  default     = false
}
